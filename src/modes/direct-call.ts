/** A call to a target's provider without an agent in between: the way, the key, the request, the answer. */
import { RelayError } from "../errors.ts";
import type { Host } from "../host/host.ts";
import type { Route, Target } from "../routing/route.ts";
import { traced } from "../telemetry/trace.ts";
import { attempt } from "../upstream/attempt.ts";
import type { Dispatchers } from "../upstream/dispatchers.ts";
import { providerUrl } from "../upstream/provider-url.ts";
import { requestHeaders } from "../upstream/headers.ts";
import type { ModeRequest } from "./mode.ts";

export interface DirectCallOptions {
  readonly host: Pick<Host, "key">;
  readonly dispatchers: Dispatchers;
  /** How a target becomes a route. */
  readonly route: (target: Target) => Promise<Route>;
  /** What is called at the provider, under its base URL. */
  readonly resource: "/chat/completions" | "/embeddings";
}

/**
 * Makes one attempt at one target.
 * @throws RelayError as `attempt` does, and `provider_not_configured` or `api_not_supported`.
 */
export type DirectCall = (request: ModeRequest, target: Target) => Promise<void>;

export function createDirectCall(options: DirectCallOptions): DirectCall {
  const { host, dispatchers, resource } = options;
  return (request, target) =>
    traced(
      request.trace,
      target.modelRef ?? `primary model of ${target.agentId}`,
      async (record) => {
        const route = await options.route(target);
        record.route = route;
        record.target = `${route.provider}/${route.modelId}`;
        assertRelayable(route);
        const key = await host.key(route);
        await attempt(
          {
            dispatcher: dispatchers.for(route),
            ...providerUrl(route, resource),
            headers: requestHeaders(route, request.clientHeaders, key),
            body: request.body.withModel(route.modelId),
            provider: route.provider,
            key,
          },
          request.sink,
        );
      },
    );
}

/** Only this wire is the client's own, so that bytes can be handed on. */
function assertRelayable(route: Route): void {
  if (route.api !== "openai-completions") {
    throw new RelayError(
      "api_not_supported",
      `The model ${route.provider}/${route.modelId} speaks the API "${route.api}"; this relay forwards "openai-completions" only. ` +
        "Ask for a model of an OpenAI-compatible provider.",
      { param: "model" },
    );
  }
}
