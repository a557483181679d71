/** The plugin's entry in the gateway: registrations only. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { definePluginEntry, type OpenClawConfig } from "openclaw/plugin-sdk/plugin-entry";
import { registerRelayCommands } from "./commands.ts";
import { coreEndpointProblem } from "./control/core-endpoint-problem.ts";
import { rootCommand } from "./control/cli.ts";
import { doctorMethod, statusMethod } from "./doctor/contract.ts";
import { createHost } from "./host/create-host.ts";
import { missingHookPermissions } from "./host/hook-permission.ts";
import { registerTab } from "./host/control-ui-tab.ts";
import { registerModelCallHooks } from "./host/model-calls.ts";
import { outsideRootWork } from "./host/root-work.ts";
import { createStoredSessions } from "./host/stored-sessions.ts";
import { registerToolHooks } from "./host/tool-limits.ts";
import { registerPromptHooks } from "./host/trimmed-runs.ts";
import { createRelayPage, relayTab } from "./page/relay-page.ts";
import { createPruneMethod } from "./prune/calls.ts";
import { pruneMethod } from "./prune/contract.ts";
import { createPrune } from "./prune/prune.ts";
import { operatorMethods, respondWith } from "./plane/operator-methods.ts";
import { gatewayCheckup, gatewayStatus } from "./plane/gateway-status.ts";
import { createDataPlane } from "./plane/data-plane.ts";
import { lingerAtEnd } from "./http/linger.ts";
import { gatewayRoutes } from "./plane/gateway-routes.ts";
import type { Caller } from "./plane/hand-over.ts";
import { createPruneSchedule } from "./prune/schedule.ts";

/** At these the gateway first lets its own requests end. The relay's own listener does so at the same time. */
const shutdownSignals = ["SIGTERM", "SIGINT"] as const;

export default definePluginEntry({
  id: "passthrough",
  name: "Passthrough",
  description: "An LLM relay inside the gateway: no session, no prompt, nothing on disk.",
  register(api) {
    api.registerCli(
      ({ program, config }) =>
        registerRelayCommands({
          program,
          config,
          runtime: api.runtime,
          createHost: () => createHost(api),
        }),
      { descriptors: [rootCommand] },
    );
    // In this mode the host only collects commands for its help; the runtime must not be used.
    if (api.registrationMode === "cli-metadata") {
      return;
    }
    const host = createHost(api);
    const { logger } = api;
    const plane = createDataPlane({
      host,
      entry: new URL("./worker.js", import.meta.url),
      logger: {
        info: (line) => logger.info(line),
        warn: (line) => logger.warn(line),
        debug: (line) => logger.debug?.(line),
      },
    });

    // Without permission the host drops each hook with a warning. A change of the permission reloads the plugin.
    if (missingHookPermissions(api.config).length === 0) {
      registerPromptHooks(api);
      registerToolHooks(api);
    }
    const current = () => api.runtime.config.current() as OpenClawConfig;
    registerModelCallHooks(api, current);
    const serve = (request: IncomingMessage, response: ServerResponse, caller: Caller) => {
      lingerAtEnd(request.socket);
      return plane.serve(request, response, caller);
    };
    for (const { path, match, surface } of gatewayRoutes) {
      api.registerHttpRoute(
        surface === "operator"
          ? {
              path,
              match,
              auth: "gateway",
              // A caller with the gateway's token has all operator scopes, as on core's endpoint.
              gatewayRuntimeScopeSurface: "trusted-operator",
              handler: (request, response) =>
                serve(request, response, { surface, operatorScopes: host.operatorScopes() }),
            }
          : {
              path,
              match,
              // The relay authenticates these callers by their virtual keys; the gateway's token is not accepted.
              auth: "plugin",
              handler: (request, response) =>
                serve(request, response, { surface, operatorScopes: undefined }),
            },
      );
    }
    api.registerGatewayMethod(
      statusMethod,
      ({ respond }) => respondWith(respond, () => gatewayStatus(plane, host)),
      { scope: "operator.read" },
    );
    for (const { name, answer } of operatorMethods(plane)) {
      api.registerGatewayMethod(
        name,
        ({ params, respond }) => respondWith(respond, () => answer(params)),
        { scope: "operator.read" },
      );
    }
    api.registerGatewayMethod(
      doctorMethod,
      async ({ respond }) => respond(true, await gatewayCheckup(plane, host)),
      { scope: "operator.admin" },
    );

    const page = createRelayPage({ plane, host, logger, folder: new URL("./", import.meta.url) });
    const hasTab = registerTab(api, host.hostFacts().version, relayTab);
    if (hasTab) {
      api.registerHttpRoute({
        path: relayTab.path,
        match: "prefix",
        auth: "gateway",
        gatewayRuntimeScopeSurface: "trusted-operator",
        handler: page.handler,
      });
    }

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
      start(context) {
        outsideRootWork(plane.start);
        for (const signal of shutdownSignals) {
          process.once(signal, plane.drain);
        }
        if (!hasTab) {
          logger.info(
            "passthrough: this OpenClaw has no place for the Relay page; use `openclaw passthrough status --watch`",
          );
        }
        const problem = coreEndpointProblem(host.coreEndpoints());
        if (problem !== undefined) {
          context.serviceHealth?.reportFailure(new Error(problem));
        }
      },
      async stop() {
        for (const signal of shutdownSignals) {
          process.off(signal, plane.drain);
        }
        page.close();
        await plane.stop();
        host.close();
      },
    });
    // Without this, an edit of the plugin's config would restart the plugin and cut open streams.
    api.registerReload({ hotPrefixes: ["plugins.entries.passthrough.config"] });
  },
});
