/** A scripted provider's Anthropic Messages API, with the shapes of docs.anthropic.com ("Streaming Messages", "Errors"). */
import type { Scene, ScriptedWire } from "./scene.ts";

const event = (value: { readonly type: string }) =>
  `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;

const stopReasons = {
  stop: "end_turn",
  length: "max_tokens",
  calls: "tool_use",
  refusal: "refusal",
};

const errorTypes = new Map([
  [400, "invalid_request_error"],
  [401, "authentication_error"],
  [403, "permission_error"],
  [413, "request_too_large"],
  [429, "rate_limit_error"],
  [500, "api_error"],
  [529, "overloaded_error"],
]);

const errorOf = (status: number, message: string) => ({
  type: "error",
  error: { type: errorTypes.get(status) ?? "api_error", message },
});

export const scriptedAnthropic: ScriptedWire = {
  api: "anthropic-messages",
  has: (feature) => feature !== "reasoning tokens",
  // message_start, content_block_start, content_block_delta
  eventsBeforeCut: 3,
  baseUrl: (url) => url.replace(/\/v1$/, ""),
  contentType: "text/event-stream; charset=utf-8",
  ping: event({ type: "ping" }),
  events(scene) {
    const { usage } = scene;
    const counts = usage && {
      input_tokens: usage.input - (usage.cacheRead ?? 0) - (usage.cacheWrite ?? 0),
      cache_read_input_tokens: usage.cacheRead ?? 0,
      cache_creation_input_tokens: usage.cacheWrite ?? 0,
    };
    const message = {
      id: "msg_01",
      type: "message",
      role: "assistant",
      model: scene.model ?? "claude-scripted",
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { ...counts, output_tokens: 1 },
    };
    const { failWithin } = scene;
    const failure = failWithin && event(errorOf(failWithin.status, failWithin.message));
    const begin = event({ type: "message_start", message } as { type: string });
    if (failure !== undefined && failWithin?.when === "before") {
      return [begin, failure];
    }
    const content = blocks(scene);
    if (failure !== undefined) {
      return [begin, ...content.slice(0, 2), failure];
    }
    const finish = scene.finish ?? (scene.calls === undefined ? "stop" : "calls");
    return [
      begin,
      ...content,
      event({
        type: "message_delta",
        delta: { stop_reason: stopReasons[finish], stop_sequence: null },
        usage: { output_tokens: usage?.output ?? 1 },
      } as { type: string }),
      event({ type: "message_stop" }),
    ];
  },
  failure({ status, message, retryAfterSeconds, isContextLength }) {
    return {
      headers: retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) },
      body: JSON.stringify(
        errorOf(
          status,
          isContextLength === true ? "prompt is too long: 213462 tokens > 200000 maximum" : message,
        ),
      ),
    };
  },
};

function blocks({
  think = [],
  signature,
  say = [],
  refuse,
  calls = [],
  isInterleaved,
}: Scene): string[] {
  const list: string[] = [];
  let index = 0;
  const begin = (block: object) => {
    list.push(
      event({ type: "content_block_start", index, content_block: block } as { type: string }),
    );
    index += 1;
    return index - 1;
  };
  const delta = (of: number, value: object) =>
    list.push(event({ type: "content_block_delta", index: of, delta: value } as { type: string }));
  const stop = (of: number) =>
    list.push(event({ type: "content_block_stop", index: of } as { type: string }));
  if (think.length > 0) {
    const at = begin({ type: "thinking", thinking: "", signature: "" });
    think.forEach((thinking) => delta(at, { type: "thinking_delta", thinking }));
    if (signature !== undefined) {
      delta(at, { type: "signature_delta", signature });
    }
    stop(at);
  }
  const texts = refuse === undefined ? say : [refuse];
  if (texts.length > 0) {
    const at = begin({ type: "text", text: "" });
    texts.forEach((text) => delta(at, { type: "text_delta", text }));
    stop(at);
  }
  const beginCall = ({ id, name }: { readonly id: string; readonly name: string }) =>
    begin({ type: "tool_use", id, name, input: {} });
  const argument = (at: number, partial_json: string) =>
    delta(at, { type: "input_json_delta", partial_json });
  if (isInterleaved === true) {
    const begun = calls.map(beginCall);
    const longest = Math.max(...calls.map((call) => call.arguments.length));
    for (let piece = 0; piece < longest; piece += 1) {
      calls.forEach((call, at) => argument(begun[at] as number, call.arguments[piece] ?? ""));
    }
    begun.forEach(stop);
    return list;
  }
  for (const call of calls) {
    const at = beginCall(call);
    // A call without arguments has one empty piece, as the API sends it.
    (call.arguments.length === 0 ? [""] : call.arguments).forEach((piece) => argument(at, piece));
    stop(at);
  }
  return list;
}
