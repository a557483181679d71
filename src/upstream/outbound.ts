/** Makes the request of one attempt, in the protocol of its provider. */
import { randomUUID } from "node:crypto";
import type { Dispatcher } from "undici";
import type { UpstreamPolicy } from "../config/schema.ts";
import { RelayError } from "../errors.ts";
import type { Protocol, RequestBody } from "../protocols/protocol.ts";
import type { ModelRequest } from "../protocols/model-request.ts";
import { encodeForRuntime } from "../protocols/runtime-encoder.ts";
import type { EncodedRequest, ModelFacts, Wire } from "../protocols/wire.ts";
import { modelName, type Route } from "../routing/route.ts";
import type { TraceHeaders } from "../telemetry/trace-context.ts";
import type { HeaderFields } from "../text/header-fields.ts";
import type { Dispatchers } from "./dispatchers.ts";
import type { ClientAnswerParts } from "./client-answer.ts";
import type { OpaqueStates } from "./opaque-state.ts";
import type { ModelRuntime } from "./ports.ts";
import { translatedEmbeddings } from "./embeddings.ts";
import { providerUrl, requestHeaders } from "./provider-request.ts";
import { sendByRuntime } from "./runtime-send.ts";
import { type Send, sendOver } from "./send.ts";
import type { Speech } from "./speech.ts";
import { withOwnState } from "./state-owner.ts";
import { translated } from "./translated.ts";

export interface Outbound {
  readonly send: Send;
  readonly bodyBytes: number;
  /** The names of the request's members that the provider's protocol cannot say. */
  readonly dropped: readonly string[];
  /** Whether the provider turned out not to have been reached, although the request had been handed over. */
  readonly isUnreached?: () => boolean;
}

export interface OutboundInput {
  readonly route: Route;
  readonly policy: UpstreamPolicy;
  readonly speech: Speech;
  /** The client's protocol. */
  readonly protocol: Protocol;
  readonly clientHeaders: HeaderFields;
  /** In place of the client's own; undefined passes those on. */
  readonly traceHeaders?: TraceHeaders | undefined;
  readonly body: RequestBody;
  /** The provider's key; undefined if none is sent. */
  readonly key: string | undefined;
}

export interface OutboundParts {
  readonly dispatchers: Dispatchers;
  readonly states: OpaqueStates;
  readonly runtime: ModelRuntime;
}

/**
 * @throws RelayError `unsupported_params` if the protocol cannot say what the request contains and the policy refuses that;
 * `invalid_body`.
 */
export function createOutbound(parts: OutboundParts, input: OutboundInput): Outbound {
  const { speech } = input;
  switch (speech.kind) {
    case "same":
      return sameBytes(parts, input, speech);
    case "translated":
      return translation(parts, input, speech.wire);
    case "embeddings":
      return embeddings(parts, input, speech);
    case "host":
      return hostCall(parts, input);
  }
}

function sameBytes(
  { dispatchers }: OutboundParts,
  { policy, clientHeaders, traceHeaders, key, ...input }: OutboundInput,
  { protocol, route }: Extract<Speech, { kind: "same" }>,
): Outbound {
  const body = input.body.withModel(route.modelId);
  return {
    bodyBytes: body.length,
    dropped: [],
    send: sendOver(dispatchers.for(route, policy.connectTimeoutMs), {
      ...providerUrl(route, protocol.path),
      headers: requestHeaders(route, clientHeaders, {
        credential: credentialOf(key, protocol.credentialHeaders),
        traceHeaders,
      }),
      body,
    }),
  };
}

function translation(parts: OutboundParts, input: OutboundInput, wire: Wire): Outbound {
  const { route } = input;
  const { states } = parts;
  const request = withOwnState(input.body.modelRequest(), route.provider);
  const encoded = wire.encode(withCacheMark(request, input.policy, wire), {
    model: route.facts ?? unknownFacts(route),
    baseUrl: route.baseUrl,
    remembered: states.recall(route),
  });
  return sendEncoded(parts, input, {
    wire,
    encoded,
    receive: (handler) => translated(handler, { wire, ...answerParts(input, request, states) }),
  });
}

function embeddings(
  parts: OutboundParts,
  input: OutboundInput,
  { wire, client, provider }: Extract<Speech, { kind: "embeddings" }>,
): Outbound {
  const { route, protocol } = input;
  const { baseUrl, modelId } = route;
  const request = client.readRequest(input.body.value);
  return sendEncoded(parts, input, {
    wire,
    encoded: provider.encode(request, { modelId, baseUrl }),
    receive: (handler) =>
      translatedEmbeddings(handler, { wire, provider, protocol, client, request, route }),
  });
}

interface Encoded {
  readonly wire: Wire;
  readonly encoded: EncodedRequest;
  /** Translates the answer for a handler. */
  readonly receive: (handler: Dispatcher.DispatchHandler) => Dispatcher.DispatchHandler;
}

function sendEncoded(
  { dispatchers }: OutboundParts,
  input: OutboundInput,
  { wire, encoded, receive }: Encoded,
): Outbound {
  const { route, policy } = input;
  assertSupported(input, encoded.dropped);
  const body = Buffer.from(JSON.stringify(encoded.body));
  const send = sendOver(dispatchers.for(route, policy.connectTimeoutMs), {
    ...providerUrl(route, encoded.path),
    headers: requestHeaders(route, input.clientHeaders, {
      credential: credentialOf(input.key, wire.credentialHeaders),
      headers: encoded.headers,
      traceHeaders: input.traceHeaders,
      fromClient: wire.clientHeaders,
    }),
    body,
  });
  return {
    bodyBytes: body.length,
    dropped: encoded.dropped,
    send: (handler) => send(receive(handler)),
  };
}

function hostCall({ runtime, states }: OutboundParts, input: OutboundInput): Outbound {
  const { route, key } = input;
  const { agentId, provider, modelId, api } = route;
  const request = withOwnState(input.body.modelRequest(), route.provider);
  const { context, options, dropped } = encodeForRuntime(request, {
    api,
    provider,
    facts: route.facts ?? unknownFacts(route),
    modalities: route.modalities,
    remembered: states.recall(route),
  });
  assertSupported(input, dropped);
  let isUnreached = false;
  return {
    bodyBytes: input.body.byteLength,
    dropped,
    send: sendByRuntime({
      runtime,
      call: { agentId, provider, modelId, api, key, context, options },
      parts: () => answerParts(input, request, states),
      onUnreached: () => {
        isUnreached = true;
      },
    }),
    isUnreached: () => isUnreached,
  };
}

function answerParts(
  { route, protocol }: OutboundInput,
  request: ModelRequest,
  states: OpaqueStates,
): ClientAnswerParts {
  const identity = {
    id: `chatcmpl-${randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model: route.modelId,
  };
  return {
    protocol,
    answer: protocol.translateAnswer(identity, request),
    stream: request.stream,
    recorder: states.record(route),
    provider: route.provider,
  };
}

/** One mark at the top level, which caches the whole prompt, on a wire that has it. */
function withCacheMark(
  request: ModelRequest,
  { cache }: Pick<UpstreamPolicy, "cache">,
  { ownParameters }: Wire,
): ModelRequest {
  return cache === "auto" && ownParameters.has("cache_control")
    ? {
        ...request,
        parameters: { cache_control: { type: "ephemeral" }, ...request.parameters },
      }
    : request;
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

function assertSupported({ route, policy }: OutboundInput, dropped: readonly string[]): void {
  const [first] = dropped;
  if (policy.unsupported === "reject" && first !== undefined) {
    throw new RelayError(
      "unsupported_params",
      `The model ${modelName(route)} does not take ${dropped.map((name) => `\`${name}\``).join(", ")}. ` +
        "Leave it out, or use another model.",
      { param: first },
    );
  }
}
