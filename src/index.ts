/** The plugin's entry in the gateway: registrations only. */
import { definePluginEntry, type OpenClawConfig } from "openclaw/plugin-sdk/plugin-entry";
import { registerRelayCommands } from "./commands.ts";
import { rootCommand } from "./control/cli.ts";
import { createHost } from "./host/create-host.ts";
import { missingHookPermissions } from "./host/hook-permission.ts";
import { registerModelCallHooks } from "./host/model-calls.ts";
import { createStoredSessions } from "./host/stored-sessions.ts";
import { registerToolHooks } from "./host/tool-limits.ts";
import { registerPromptHooks } from "./host/trimmed-runs.ts";
import { createPruneMethod } from "./prune/calls.ts";
import { pruneMethod } from "./prune/contract.ts";
import { createPrune } from "./prune/prune.ts";
import { createPruneSchedule } from "./prune/schedule.ts";
import { createRelay } from "./relay.ts";

export default definePluginEntry({
  id: "passthrough",
  name: "Passthrough",
  description: "An LLM relay inside the gateway: no session, no prompt, nothing on disk.",
  register(api) {
    api.registerCli(
      ({ program, config }) => registerRelayCommands({ program, config, runtime: api.runtime }),
      { descriptors: [rootCommand] },
    );
    // In this mode the host only collects commands for its help; the runtime must not be used.
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

    // Without permission the host drops each hook with a warning. A change of the permission reloads the plugin.
    if (missingHookPermissions(api.config).length === 0) {
      registerPromptHooks(api);
      registerToolHooks(api);
    }
    const current = () => api.runtime.config.current() as OpenClawConfig;
    registerModelCallHooks(api, current);
    for (const { path, match, auth, handler } of relay.routes) {
      api.registerHttpRoute(
        auth === "gateway"
          ? // A caller with the gateway's token has all operator scopes, as on core's endpoint.
            { path, match, handler, auth, gatewayRuntimeScopeSurface: "trusted-operator" }
          : // The relay authenticates these callers by their virtual keys; the gateway's token is not accepted.
            { path, match, handler, auth: "plugin" },
      );
    }
    api.registerGatewayMethod(
      "passthrough.status",
      async ({ respond }) => respond(true, await relay.status()),
      { scope: "operator.read" },
    );

    const prune = createPrune({
      stored: createStoredSessions(current),
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

    api.registerService({
      id: "relay",
      async start(context) {
        const problem = await relay.start();
        if (problem !== undefined) {
          context.serviceHealth?.reportFailure(new Error(problem));
        }
      },
      stop: () => relay.stop(),
    });
    // Without this, an edit of the plugin's config would restart the plugin and cut open streams.
    api.registerReload({ hotPrefixes: ["plugins.entries.passthrough.config"] });
  },
});
