/** The composition root of the command line: the host's program in, `openclaw passthrough …` in it. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { OpenClawConfig, OpenClawPluginApi } from "openclaw/plugin-sdk/plugin-entry";
import { changeKeyFile, keyFilePath, readKeyFile } from "./access/key-file.ts";
import { resolveConfig } from "./config/resolve.ts";
import type { StoredKeys } from "./config/schema.ts";
import { type Command, registerCommands, type Terminal } from "./control/cli.ts";
import { keysReadWithinMs } from "./control/housekeeping.ts";
import { createKeysCommand } from "./control/keys-command.ts";
import { createKeys } from "./control/keys.ts";
import { readAgents } from "./host/agents.ts";
import { createChangeConfig } from "./host/config-file.ts";
import { callGateway } from "./host/gateway-call.ts";
import { createStoredSessions } from "./host/stored-sessions.ts";
import { createPruneWhereItBelongs } from "./prune/calls.ts";
import { createSessionsCommand } from "./prune/command.ts";
import { createPrune } from "./prune/prune.ts";
import { ledgerPath, readLedgerFile } from "./quota/ledger-file.ts";

/** The terminal of a command. */
const terminal: Terminal = {
  // The host's console goes to standard error where a command was given `--json`.
  print: (text) => process.stdout.write(`${text}\n`),
  complain: (text) => console.error(text),
  // At the very end: the host sets a status of its own for a command line that Commander can't read.
  endWith(code) {
    process.once("exit", () => {
      process.exitCode = code;
    });
  },
};

export interface CommandContext {
  readonly program: Command;
  readonly config: OpenClawConfig;
  readonly runtime: OpenClawPluginApi["runtime"];
}

export function registerRelayCommands({ program, config, runtime }: CommandContext): void {
  const here = createPrune({ stored: createStoredSessions(() => config) });
  const sessions = createSessionsCommand(createPruneWhereItBelongs(callGateway, here));
  const changeConfig = createChangeConfig(runtime.config);
  const inStateFolder = (path: string) => join(runtime.state.resolveStateDir(), path);
  const keyFile = inStateFolder(keyFilePath);
  const keys = createKeysCommand(
    createKeys({
      declared: () => resolveConfig(config.plugins?.entries?.["passthrough"]?.config).keys,
      changeDeclared: (change) =>
        changeConfig((written) => {
          const declared = (written["keys"] ??= {}) as StoredKeys;
          change(declared);
          if (Object.keys(declared).length === 0) {
            delete written["keys"];
          }
        }),
      file: {
        path: keyFile,
        read: () => readKeyFile(keyFile),
        change: (change) => changeKeyFile(keyFile, change),
      },
      agentIds: () => readAgents(config).ids,
      usage: () => readLedgerFile(inStateFolder(ledgerPath)),
      untilRead: () => sleep(keysReadWithinMs),
    }),
  );
  registerCommands(program, [keys, sessions], terminal);
}
