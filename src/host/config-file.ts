/** Changes the plugin's own part of the host's config file, from the command line. */
import type { OpenClawPluginApi } from "openclaw/plugin-sdk/plugin-entry";

/** `plugins.entries.passthrough.config` as written in the file, without defaults. */
type WrittenConfig = Record<string, unknown>;

/**
 * Changes the plugin's config. A running gateway applies the change without a restart.
 * @param change modifies its argument. If it throws, nothing is written.
 */
export type ChangeConfig = (change: (config: WrittenConfig) => void) => Promise<void>;

export function createChangeConfig(
  config: Pick<OpenClawPluginApi["runtime"]["config"], "mutateConfigFile">,
): ChangeConfig {
  return async (change) => {
    await config.mutateConfigFile({
      afterWrite: { mode: "auto" },
      mutate: (draft) => {
        const plugins = (draft.plugins ??= {});
        const entries = (plugins.entries ??= {});
        const entry = (entries["passthrough"] ??= {});
        change((entry.config ??= {}));
      },
    });
  };
}
