/** The plugin's own part of the host's config file, changed from the command line. */
import type { OpenClawPluginApi } from "openclaw/plugin-sdk/plugin-entry";

/** `plugins.entries.passthrough.config`, as it is written. */
type WrittenConfig = Record<string, unknown>;

/**
 * Changes the plugin's config. A gateway that is running takes the change without a restart.
 * @param change changes what it is given; what it throws leaves the file as it was.
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
