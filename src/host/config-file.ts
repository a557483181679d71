/** Reads and changes the plugin's own part of the host's config file, from the command line. */
import { isDeepStrictEqual } from "node:util";
import type { OpenClawPluginApi } from "openclaw/plugin-sdk/plugin-entry";

/** `plugins.entries.passthrough.config` as written in the file, without defaults. */
type WrittenConfig = Record<string, unknown>;

/** `plugins.entries.passthrough` as written in the file. */
type WrittenEntry = Readonly<Record<string, unknown>>;

/**
 * Changes the plugin's config. A running gateway applies the change without a restart.
 * @param change modifies its argument. If it throws, nothing is written.
 */
export type ChangeConfig = (change: (config: WrittenConfig) => void) => Promise<void>;

type Writer = Pick<OpenClawPluginApi["runtime"]["config"], "mutateConfigFile">;

export function createChangeConfig(writer: Writer): ChangeConfig {
  return (change) =>
    changeEntry(writer, (entry) => {
      const config = (entry["config"] ??= {});
      change(config as WrittenConfig);
    });
}

export interface EntryFile {
  read(): Promise<WrittenEntry>;
  /** @throws Error if the entry is no longer as expected; nothing is written then. */
  replace(expected: WrittenEntry, next: WrittenEntry): Promise<void>;
}

/** The plugin's entry, with its permissions. */
export function createEntryFile(writer: Writer): EntryFile {
  return {
    async read() {
      let found: WrittenEntry = {};
      // The host's runtime has no way to read what is written. A change that is broken off shows it, and writes nothing.
      await changeEntry(writer, (entry) => {
        found = structuredClone(entry);
        throw new OnlyReadError();
      }).catch((error: unknown) => {
        if (!(error instanceof OnlyReadError)) {
          throw error;
        }
      });
      return found;
    },
    replace: (expected, next) =>
      changeEntry(writer, (entry) => {
        if (!isDeepStrictEqual(entry, expected)) {
          throw new Error("the config has changed meanwhile, so nothing was written: try again");
        }
        Object.assign(entry, structuredClone(next));
      }),
  };
}

class OnlyReadError extends Error {
  override readonly name = "OnlyReadError";
}

async function changeEntry(
  { mutateConfigFile }: Writer,
  change: (entry: Record<string, unknown>) => void,
): Promise<void> {
  await mutateConfigFile({
    afterWrite: { mode: "auto" },
    mutate: (draft) => {
      const plugins = (draft.plugins ??= {});
      const entries = (plugins.entries ??= {});
      change((entries["passthrough"] ??= {}));
    },
  });
}
