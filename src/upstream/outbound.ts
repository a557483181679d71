/** Makes the request of one attempt, in the protocol of its provider. */
import { randomUUID } from "node:crypto";
import type { UpstreamPolicy } from "../config/schema.ts";
import { RelayError } from "../errors.ts";
import type { Protocol, RequestBody } from "../protocols/protocol.ts";
import type { ModelFacts, Wire } from "../protocols/wire.ts";
import { wireOf } from "../protocols/wires.ts";
import { modelName, type Route } from "../routing/route.ts";
import type { HeaderFields } from "../text/header-fields.ts";
import type { Dispatchers } from "./dispatchers.ts";
import type { OpaqueStates } from "./opaque-state.ts";
import { providerUrl, requestHeaders } from "./provider-request.ts";
import { type Send, sendOver } from "./send.ts";
import { translated } from "./translated.ts";

export interface Outbound {
  readonly send: Send;
  readonly bodyBytes: number;
  /** The names of the request's members that the provider's protocol cannot say. */
  readonly dropped: readonly string[];
}

/** How a route's provider is spoken to: in the client's own protocol, whose bytes pass unchanged, or in another. */
export type Speech =
  | { readonly kind: "same"; readonly protocol: Protocol }
  | { readonly kind: "translated"; readonly wire: Wire };

/** @throws RelayError `api_not_supported`. */
export function speechOf(route: Route, client: Protocol): Speech {
  if (route.api === client.api) {
    return { kind: "same", protocol: client };
  }
  const wire = wireOf(route.api);
  if (wire === undefined) {
    throw new RelayError(
      "api_not_supported",
      `The model ${modelName(route)} speaks the API "${route.api}", which this relay does not.`,
      { param: "model" },
    );
  }
  return { kind: "translated", wire };
}

export interface OutboundInput {
  readonly route: Route;
  readonly policy: UpstreamPolicy;
  readonly speech: Speech;
  /** The client's protocol. */
  readonly protocol: Protocol;
  readonly clientHeaders: HeaderFields;
  readonly body: RequestBody;
  /** The provider's key; undefined if none is sent. */
  readonly key: string | undefined;
}

export interface OutboundParts {
  readonly dispatchers: Dispatchers;
  readonly states: OpaqueStates;
}

/**
 * @throws RelayError `unsupported_params` if the protocol cannot say what the request contains and the policy refuses that;
 * `invalid_body`.
 */
export function createOutbound(
  { dispatchers, states }: OutboundParts,
  input: OutboundInput,
): Outbound {
  const { route, policy, speech } = input;
  const pool = dispatchers.for(route, policy.connectTimeoutMs);
  if (speech.kind === "same") {
    const body = input.body.withModel(route.modelId);
    const { protocol } = speech;
    return {
      bodyBytes: body.length,
      dropped: [],
      send: sendOver(pool, {
        ...providerUrl(route, protocol.path),
        headers: requestHeaders(route, input.clientHeaders, {
          credential: credentialOf(input.key, protocol.credentialHeaders),
        }),
        body,
      }),
    };
  }
  const { wire } = speech;
  const request = input.body.modelRequest();
  const encoded = wire.encode(request, {
    model: route.facts ?? unknownFacts(route),
    baseUrl: route.baseUrl,
    remembered: states.recall(route),
  });
  if (policy.unsupported === "reject" && encoded.dropped.length > 0) {
    throw unsupported(route, encoded.dropped);
  }
  const body = Buffer.from(JSON.stringify(encoded.body));
  const send = sendOver(pool, {
    ...providerUrl(route, encoded.path),
    headers: requestHeaders(route, input.clientHeaders, {
      credential: credentialOf(input.key, wire.credentialHeaders),
      headers: encoded.headers,
      fromClient: wire.clientHeaders,
    }),
    body,
  });
  return {
    bodyBytes: body.length,
    dropped: encoded.dropped,
    send: (handler) => {
      const identity = {
        id: `chatcmpl-${randomUUID()}`,
        created: Math.floor(Date.now() / 1000),
        model: route.modelId,
      };
      send(
        translated(handler, {
          wire,
          protocol: input.protocol,
          answer: input.protocol.translateAnswer(identity, request),
          stream: request.stream,
          recorder: states.record(route),
        }),
      );
    },
  };
}

function credentialOf(
  key: string | undefined,
  headers: (key: string) => Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return key === undefined ? {} : headers(key);
}

/** For a model that the host's catalog does not describe. */
function unknownFacts({ modelId }: Route): ModelFacts {
  return {
    id: modelId,
    maxTokens: undefined,
    isReasoning: false,
    efforts: undefined,
    acceptsSampling: true,
    thinksByEffort: false,
  };
}

function unsupported(route: Route, names: readonly string[]): RelayError {
  return new RelayError(
    "unsupported_params",
    `The model ${modelName(route)} does not take ${names.map((name) => `\`${name}\``).join(", ")}. ` +
      "Leave it out, or use another model.",
    { param: names[0] ?? "" },
  );
}
