/** Composition root of the command line: adds `openclaw passthrough …` to the host's program. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { OpenClawConfig, OpenClawPluginApi } from "openclaw/plugin-sdk/plugin-entry";
import { changeKeyFile, keyFilePath, readKeyFile } from "./access/key-file.ts";
import { resolveConfig } from "./config/resolve.ts";
import type { StoredKeys } from "./config/schema.ts";
import { createAsk } from "./console/ask.ts";
import { createKeysNow } from "./console/keys-now.ts";
import type { ConsoleParts } from "./console/parts.ts";
import { repeat } from "./console/repeat.ts";
import { createRequestsCommand } from "./console/requests-command.ts";
import { createScreen } from "./console/screen.ts";
import { sessionsNow } from "./console/sessions-now.ts";
import { createStatusCommand } from "./console/status-command.ts";
import { createTargetsCommand } from "./console/targets-command.ts";
import { createTraceCommand } from "./console/trace-command.ts";
import { type Command, registerCommands, type Terminal } from "./control/cli.ts";
import { keysReadWithinMs } from "./control/housekeeping.ts";
import { createKeysCommand } from "./control/keys-command.ts";
import type { Problem } from "./control/problems.ts";
import { createKeys } from "./control/keys.ts";
import { createExamine } from "./doctor/checkup.ts";
import { createDoctorCommand } from "./doctor/command.ts";
import { statusMethod } from "./doctor/contract.ts";
import { localProblems } from "./doctor/local-problems.ts";
import { readAgents } from "./host/agents.ts";
import { createChangeConfig, createEntryFile } from "./host/config-file.ts";
import { gatewayAddress } from "./host/gateway-address.ts";
import { callGateway } from "./host/gateway-call.ts";
import type { HostPorts } from "./host/create-host.ts";
import { createStoredSessions } from "./host/stored-sessions.ts";
import { createPruneWhereItBelongs } from "./prune/calls.ts";
import { createSessionsCommand } from "./prune/command.ts";
import { createPrune } from "./prune/prune.ts";
import { ledgerPath, readLedgerFile } from "./quota/ledger-file.ts";
import { createInitCommand } from "./setup/command.ts";
import { terminalOf } from "./setup/terminal.ts";
import { createTryOut } from "./setup/try-out.ts";

const terminal: Terminal = {
  // Not `console.log`: with `--json` the host redirects it to standard error.
  print: (text) => process.stdout.write(`${text}\n`),
  complain: (text) => console.error(text),
  // At exit, because the host sets its own status for a command line that Commander cannot parse.
  endWith(code) {
    process.once("exit", () => {
      process.exitCode = code;
    });
  },
};

const views: ConsoleParts = {
  ask: createAsk(callGateway),
  screen: () => createScreen(process.stdout, process.env["NO_COLOR"]),
  every(pauseMs) {
    const interrupted = new AbortController();
    // More than once: on a terminal the signal comes from there and from the host's launcher, and it ends a process that has
    // stopped listening. The launcher also ends one that does not end in time.
    process.on("SIGINT", () => interrupted.abort());
    // Nobody reads any more, such as after `| head`. Without a listener the host ignores it, and the command would never end.
    process.stdout.on("error", () => interrupted.abort());
    return repeat(pauseMs, interrupted.signal);
  },
};

export interface CommandContext {
  readonly program: Command;
  readonly config: OpenClawConfig;
  readonly runtime: OpenClawPluginApi["runtime"];
  /** Called only when a command runs. */
  readonly createHost: () => HostPorts;
}

export function registerRelayCommands(context: CommandContext): void {
  const { program, config, runtime } = context;
  const localPrune = createPrune({ stored: createStoredSessions(() => config) });
  const sessions = createSessionsCommand(
    createPruneWhereItBelongs(callGateway, localPrune),
    sessionsNow(views),
  );
  const changeConfig = createChangeConfig(runtime.config);
  const inStateFolder = (path: string) => join(runtime.state.resolveStateDir(), path);
  const keyFile = inStateFolder(keyFilePath);
  const agentIds = () => readAgents(config).ids;
  const keys = createKeys({
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
    agentIds,
    usage: () => readLedgerFile(inStateFolder(ledgerPath)),
    untilRead: () => sleep(keysReadWithinMs),
  });
  const entryFile = createEntryFile(runtime.config);
  const init = createInitCommand({
    agentIds,
    gateway: () => gatewayAddress(config),
    readEntry: entryFile.read,
    writeEntry: entryFile.replace,
    keys,
    tryOut: createTryOut({
      isGatewayRunning: async () => (await callGateway(statusMethod, {})).kind === "answer",
    }),
    withTerminal: terminalOf(process),
  });
  const doctor = createDoctorCommand(
    createExamine(callGateway, () => problemsHere(context.createHost())),
  );
  registerCommands(
    program,
    [
      init,
      doctor,
      createStatusCommand(views),
      createRequestsCommand(views),
      createTraceCommand(views),
      createTargetsCommand(views),
      createKeysCommand(keys, createKeysNow(views, keys)),
      sessions,
    ],
    terminal,
  );
}

/** What this process finds without a gateway. */
async function problemsHere(host: HostPorts): Promise<readonly Problem[]> {
  try {
    return await localProblems(host);
  } finally {
    host.close();
  }
}
