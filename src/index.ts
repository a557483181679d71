/** The plugin's entry: wiring only. */
import { definePluginEntry } from "openclaw/plugin-sdk/plugin-entry";
import { coreEndpointProblem } from "./control/status.ts";
import { createHost } from "./host/create-host.ts";
import { registerPromptHooks } from "./host/trimmed-runs.ts";
import { createRelay } from "./relay.ts";

/** How often expired sessions are let go of; until then they are only not found. */
const sweepIntervalMs = 60_000;

export default definePluginEntry({
  id: "passthrough",
  name: "Passthrough",
  description: "An LLM relay inside the gateway: no session, no prompt, nothing on disk.",
  register(api) {
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

    registerPromptHooks(api);
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

    api.registerGatewayMethod(
      "passthrough.status",
      async ({ respond }) => respond(true, await relay.status()),
      { scope: "operator.read" },
    );
    let sweeper: NodeJS.Timeout | undefined;
    api.registerService({
      id: "relay",
      start(context) {
        sweeper = setInterval(() => void relay.sweep(), sweepIntervalMs);
        sweeper.unref();
        if (host.coreEndpointEnabled()) {
          api.logger.warn(`passthrough: ${coreEndpointProblem}`);
          context.serviceHealth?.reportFailure(new Error(coreEndpointProblem));
        }
      },
      stop() {
        clearInterval(sweeper);
        return relay.close();
      },
    });
    // Without it, an edit of the plugin's config would restart the plugin under open streams.
    api.registerReload({ hotPrefixes: ["plugins.entries.passthrough.config"] });
  },
});
