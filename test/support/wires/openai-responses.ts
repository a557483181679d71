/** A scripted provider's Responses API, with the shapes of platform.openai.com ("Streaming events", "Error codes"). */
import type { Scene, ScriptedWire } from "./scene.ts";

type Json = Readonly<Record<string, unknown>>;
type Event = Json & { readonly type: string };

const errors = new Map<number, { readonly type: string; readonly code: string | null }>([
  [400, { type: "invalid_request_error", code: null }],
  [401, { type: "invalid_request_error", code: "invalid_api_key" }],
  [403, { type: "permission_error", code: null }],
  [413, { type: "invalid_request_error", code: null }],
  [429, { type: "requests", code: "rate_limit_exceeded" }],
  [529, { type: "overloaded_error", code: null }],
]);

const errorOf = (status: number, message: string) => ({
  message,
  param: null,
  ...(errors.get(status) ?? { type: "server_error", code: "server_error" }),
});

export const scriptedResponses: ScriptedWire = {
  api: "openai-responses",
  has: (feature) => feature !== "cache writes" && feature !== "statuses within",
  eventsBeforeCut: 5,
  baseUrl: (url) => url,
  contentType: "text/event-stream; charset=utf-8",
  // An event of a type that nobody knows, as the API may add them.
  ping: `event: keepalive\ndata: {"type":"keepalive","sequence_number":0}\n\n`,
  events: (scene) =>
    play(scene).map(
      (value, at) =>
        `event: ${value.type}\ndata: ${JSON.stringify({ ...value, sequence_number: at })}\n\n`,
    ),
  failure({ status, message, retryAfterSeconds, isContextLength }) {
    const error =
      isContextLength === true
        ? {
            message: "Your input exceeds the context window of this model.",
            type: "invalid_request_error",
            param: "input",
            code: "context_length_exceeded",
          }
        : errorOf(status, message);
    return {
      headers: retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) },
      body: JSON.stringify({ error }),
    };
  },
};

export const scriptedAzureResponses: ScriptedWire = {
  ...scriptedResponses,
  api: "azure-openai-responses",
};

function play(scene: Scene): Event[] {
  const { failWithin, usage } = scene;
  const response = (more: object) => ({
    response: {
      id: "resp_01",
      object: "response",
      created_at: 1_763_474_589,
      model: scene.model ?? "gpt-scripted",
      error: null,
      incomplete_details: null,
      store: false,
      usage: null,
      ...more,
    },
  });
  const begin = [
    { type: "response.created", ...response({ status: "in_progress", output: [] }) },
    { type: "response.in_progress", ...response({ status: "in_progress", output: [] }) },
  ];
  const { events, items } = output(scene);
  if (failWithin !== undefined) {
    const { code, message, param } = errorOf(failWithin.status, failWithin.message);
    return [
      ...begin,
      ...(failWithin.when === "before" ? [] : events.slice(0, 3)),
      { type: "error", code, message, param },
      {
        type: "response.failed",
        ...response({ status: "failed", error: { code, message }, output: [] }),
      },
    ];
  }
  const reasons = { length: "max_output_tokens", refusal: "content_filter" };
  const reason =
    scene.finish === "length" || scene.finish === "refusal" ? reasons[scene.finish] : undefined;
  const status = reason === undefined ? "completed" : "incomplete";
  return [
    ...begin,
    ...events,
    {
      type: `response.${status}`,
      ...response({
        status,
        output: items,
        incomplete_details: reason === undefined ? null : { reason },
        usage: usage && {
          input_tokens: usage.input,
          input_tokens_details: {
            cached_tokens: usage.cacheRead ?? 0,
            cache_write_tokens: usage.cacheWrite ?? 0,
          },
          output_tokens: usage.output,
          output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
          total_tokens: usage.input + usage.output,
        },
      }),
    },
  ];
}

interface Output {
  readonly events: readonly Event[];
  readonly items: readonly Json[];
}

function output(scene: Scene): Output {
  const { think = [], signature, say = [], refuse, calls = [], isInterleaved } = scene;
  const events: Event[] = [];
  const items: Json[] = [];
  const event = (type: string, of: Json) => events.push({ type: `response.${type}`, ...of });
  const begin = (item: Json) => {
    const output_index = items.push(item) - 1;
    event("output_item.added", { output_index, item: { ...item, status: "in_progress" } });
    return { output_index, item_id: item["id"] };
  };
  const end = (output_index: number, item: Json) => {
    items[output_index] = item;
    event("output_item.done", { output_index, item });
  };
  if (think.length > 0 || signature !== undefined) {
    const item = { id: "rs_01", type: "reasoning", summary: [] };
    const at = { ...begin({ ...item, encrypted_content: "" }), summary_index: 0 };
    const summary = { type: "summary_text", text: think.join("") };
    if (think.length > 0) {
      event("reasoning_summary_part.added", { ...at, part: { ...summary, text: "" } });
      think.forEach((delta) => event("reasoning_summary_text.delta", { ...at, delta }));
      event("reasoning_summary_text.done", { ...at, text: summary.text });
      event("reasoning_summary_part.done", { ...at, part: summary });
    }
    end(at.output_index, {
      ...item,
      summary: think.length > 0 ? [summary] : [],
      ...(signature === undefined ? {} : { encrypted_content: signature }),
    });
  }
  const texts = refuse === undefined ? say : [refuse];
  if (texts.length > 0) {
    const item = { id: "msg_01", type: "message", role: "assistant", content: [] };
    const at = { ...begin(item), content_index: 0 };
    const text = texts.join("");
    const word = refuse === undefined ? "output_text" : "refusal";
    const part = (value: string) =>
      refuse === undefined
        ? { type: word, text: value, annotations: [], logprobs: [] }
        : { type: word, refusal: value };
    event("content_part.added", { ...at, part: part("") });
    texts.forEach((delta) => event(`${word}.delta`, { ...at, delta }));
    event(`${word}.done`, { ...at, [refuse === undefined ? "text" : "refusal"]: text });
    event("content_part.done", { ...at, part: part(text) });
    end(at.output_index, { ...item, status: "completed", content: [part(text)] });
  }
  const callItem = ({ id, name }: { readonly id: string; readonly name: string }) => ({
    id: `fc_${id}`,
    type: "function_call",
    call_id: id,
    name,
    arguments: "",
  });
  const endCall = (call: (typeof calls)[number], at: { readonly output_index: number }) => {
    // A call without arguments has empty ones until its end.
    const text = call.arguments.join("") || "{}";
    event("function_call_arguments.done", { ...at, name: call.name, arguments: text });
    end(at.output_index, { ...callItem(call), arguments: text, status: "completed" });
  };
  const argument = (at: object, delta: string) =>
    event("function_call_arguments.delta", { ...at, delta });
  if (isInterleaved === true) {
    const begun = calls.map((call) => ({ call, at: begin(callItem(call)) }));
    const longest = Math.max(0, ...calls.map((call) => call.arguments.length));
    for (let piece = 0; piece < longest; piece += 1) {
      begun.forEach(({ call, at }) => argument(at, call.arguments[piece] ?? ""));
    }
    begun.forEach(({ call, at }) => endCall(call, at));
    return { events, items };
  }
  for (const call of calls) {
    const at = begin(callItem(call));
    call.arguments.forEach((piece) => argument(at, piece));
    endCall(call, at);
  }
  return { events, items };
}
