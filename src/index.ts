/** The plugin's entry: wiring only. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { definePluginEntry, type OpenClawConfig } from "openclaw/plugin-sdk/plugin-entry";
import { resolveConfig } from "./config/resolve.ts";
import type { StoredKeys } from "./config/schema.ts";
import { registerCommands, rootCommand, type Terminal } from "./control/cli.ts";
import { coreEndpointProblem } from "./control/core-endpoint-problem.ts";
import { createHousekeeping, keysReadWithinMs } from "./control/housekeeping.ts";
import { createKeysCommand } from "./control/keys-command.ts";
import { createKeys } from "./control/keys.ts";
import { createPruneMethod, createPruneWhereItBelongs } from "./prune/calls.ts";
import { pruneMethod } from "./prune/contract.ts";
import { createPruneSchedule } from "./prune/schedule.ts";
import { createPrune } from "./prune/prune.ts";
import { createSessionsCommand } from "./prune/command.ts";
import { readAgents } from "./host/agents.ts";
import { createChangeConfig } from "./host/config-file.ts";
import { createHost } from "./host/create-host.ts";
import { callGateway } from "./host/gateway-call.ts";
import { missingHookPermissions } from "./host/hook-permission.ts";
import { registerModelCallHooks } from "./host/model-calls.ts";
import { createStoredSessions } from "./host/stored-sessions.ts";
import { registerToolHooks } from "./host/tool-limits.ts";
import { registerPromptHooks } from "./host/trimmed-runs.ts";
import { changeKeyFile, keyFilePath, readKeyFile } from "./access/key-file.ts";
import { readLedgerFile } from "./quota/ledger-file.ts";
import { createRelay, keyedBase, ledgerPath } from "./relay.ts";

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

export default definePluginEntry({
  id: "passthrough",
  name: "Passthrough",
  description: "An LLM relay inside the gateway: no session, no prompt, nothing on disk.",
  register(api) {
    api.registerCli(
      ({ program, config }) => {
        const here = createPrune({ stored: createStoredSessions(() => config) });
        const sessions = createSessionsCommand(createPruneWhereItBelongs(callGateway, here));
        const changeConfig = createChangeConfig(api.runtime.config);
        const inStateFolder = (path: string) => join(api.runtime.state.resolveStateDir(), path);
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
      },
      { descriptors: [rootCommand] },
    );
    // Nothing of the runtime may be touched while the host only collects commands for its help.
    if (api.registrationMode === "cli-metadata") {
      return;
    }
    const host = createHost(api);
    const { logger } = api;
    const relay = createRelay({
      host,
      logger: {
        info: (line) => logger.info(line),
        warn: (line) => logger.warn(line),
        get debug() {
          return api.runtime.logging.shouldLogVerbose()
            ? (line: string) => logger.debug?.(line)
            : undefined;
        },
      },
    });

    // Without the permission the host drops hooks, with a warning for each. A change of it loads the plugin anew.
    if (missingHookPermissions(api.config).length === 0) {
      registerPromptHooks(api);
      registerToolHooks(api);
    }
    registerModelCallHooks(api);
    const route = {
      auth: "gateway",
      // A caller with the gateway's token has all operator scopes, as on core's endpoint.
      gatewayRuntimeScopeSurface: "trusted-operator",
    } as const;
    api.registerHttpRoute({
      ...route,
      path: "/v1/chat/completions",
      match: "exact",
      handler: relay.chatCompletions,
    });
    api.registerHttpRoute({
      ...route,
      path: "/v1/embeddings",
      match: "exact",
      handler: relay.embeddings,
    });
    api.registerHttpRoute({ ...route, path: "/v1/models", match: "prefix", handler: relay.models });

    api.registerHttpRoute({
      // The plugin checks the key itself: the gateway's token means nothing here.
      auth: "plugin",
      path: keyedBase,
      match: "prefix",
      handler: relay.keyed,
    });

    api.registerGatewayMethod(
      "passthrough.status",
      async ({ respond }) => respond(true, await relay.status()),
      { scope: "operator.read" },
    );

    const prune = createPrune({
      stored: createStoredSessions(() => api.runtime.config.current() as OpenClawConfig),
    });
    const pruneByRequest = createPruneMethod(prune);
    api.registerGatewayMethod(
      pruneMethod,
      async ({ params, respond }) => respond(true, await pruneByRequest(params)),
      { scope: "operator.admin" },
    );
    const schedule = createPruneSchedule({
      prune,
      retention: () => host.config().retention,
      logger,
    });
    api.registerService({
      id: "retention",
      start: () => schedule.start(),
      stop: () => schedule.stop(),
    });

    const housekeeping = createHousekeeping({ relay, logger });
    api.registerService({
      id: "relay",
      async start(context) {
        await housekeeping.start();
        relay.problems.start();
        logger.info(`passthrough: ${relay.listening()}`);
        const problem = coreEndpointProblem(host.coreEndpoints());
        if (problem !== undefined) {
          context.serviceHealth?.reportFailure(new Error(problem));
        }
      },
      stop() {
        housekeeping.stop();
        relay.problems.stop();
        return relay.close();
      },
    });
    // Without it, an edit of the plugin's config would restart the plugin under open streams.
    api.registerReload({ hotPrefixes: ["plugins.entries.passthrough.config"] });
  },
});
