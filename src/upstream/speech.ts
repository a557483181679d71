/** Decides how a provider is spoken to. */
import type { UpstreamPolicy } from "../config/schema.ts";
import { RelayError } from "../errors.ts";
import type { EmbeddingsProtocol, EmbeddingsWire } from "../protocols/embeddings.ts";
import type { Protocol } from "../protocols/protocol.ts";
import type { Wire } from "../protocols/wire.ts";
import { wireOf } from "../protocols/wires.ts";
import { modelName, type Route } from "../routing/route.ts";
import { chatRoute } from "./chat-route.ts";

export type Speech =
  /** In the client's own protocol, whose bytes pass unchanged. */
  | { readonly kind: "same"; readonly protocol: Protocol; readonly route: Route }
  | { readonly kind: "translated"; readonly wire: Wire }
  | {
      readonly kind: "embeddings";
      readonly wire: Wire;
      readonly client: EmbeddingsProtocol;
      readonly provider: EmbeddingsWire;
    }
  /** By the host's runtime. */
  | { readonly kind: "host" };

export interface SpeechInput {
  readonly route: Route;
  /** The client's protocol. */
  readonly client: Protocol;
  readonly policy: Pick<UpstreamPolicy, "wire">;
  /** The provider's key; undefined if none is sent. */
  readonly key: string | undefined;
}

/**
 * @throws RelayError `provider_not_configured` if the host's runtime would not use the configured proxy; `unsupported_target`
 * if the provider's protocol has no embeddings.
 */
export function speechOf({ route, client, policy, key }: SpeechInput): Speech {
  const { embeddings } = client;
  // The runtime has no embeddings.
  if (policy.wire === "host" && embeddings === undefined) {
    return byHost(route);
  }
  if (route.api === client.api) {
    return { kind: "same", protocol: client, route };
  }
  if (policy.wire === "chat") {
    return { kind: "same", protocol: client, route: chatRoute(route) };
  }
  if (embeddings !== undefined) {
    return embeddingsOf(route, embeddings);
  }
  const wire = isSubscription(route, key) ? undefined : wireOf(route.api);
  return wire === undefined ? byHost(route) : { kind: "translated", wire };
}

function embeddingsOf(route: Route, client: EmbeddingsProtocol): Speech {
  const wire = wireOf(route.api);
  if (wire?.embeddings === undefined) {
    throw new RelayError(
      "unsupported_target",
      `The model ${modelName(route)} has the API "${route.api}", for which the relay has no embeddings.`,
      { param: "model" },
    );
  }
  return { kind: "embeddings", wire, client, provider: wire.embeddings };
}

/** A key of a Claude subscription. Its requests must identify themselves as Claude Code's, which only the host does. */
function isSubscription({ api }: Route, key: string | undefined): boolean {
  return api === "anthropic-messages" && key?.startsWith("sk-ant-oat") === true;
}

/** The APIs whose requests the runtime sends by the provider's proxy; others go past it (openclaw 2026.9.6). */
const proxied: ReadonlySet<string> = new Set([
  "anthropic-messages",
  "openai-completions",
  "openai-responses",
  "azure-openai-responses",
]);

function byHost(route: Route): Speech {
  if (route.transport.proxy.kind === "explicit" && !proxied.has(route.api)) {
    throw new RelayError(
      "provider_not_configured",
      `The model ${modelName(route)} can be called only by the gateway's runtime, which does not use the provider's proxy for the API "${route.api}". ` +
        `The gateway's operator can remove models.providers.${route.provider}.request.proxy.`,
    );
  }
  return { kind: "host" };
}

/** The protocol that the provider is spoken to in, by the host's name; `host-runtime` where the host chooses it. */
export function wireNameOf(speech: Speech): string {
  return speech.kind === "same"
    ? speech.route.api
    : speech.kind === "host"
      ? "host-runtime"
      : (speech.wire.apis[0] ?? "");
}
