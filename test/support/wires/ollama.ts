/** A scripted provider's Ollama API, with the shapes of docs.ollama.com ("Generate a chat message", "Errors"). */
import type { Scene, ScriptedWire } from "./scene.ts";

const line = (value: object) => `${JSON.stringify(value)}\n`;

const createdAt = "2026-10-26T17:21:21.196249Z";

const doneReasons = { stop: "stop", length: "length", calls: "stop", refusal: "stop" };

export const scriptedOllama: ScriptedWire = {
  api: "ollama",
  has: (feature) => feature === "statuses within",
  eventsBeforeCut: 1,
  // With its `/v1`, as operators write it.
  baseUrl: (url) => url,
  contentType: "application/x-ndjson",
  // The API has no comments. A server whose parser waits for more of a tag sends lines like this one.
  ping: line({
    model: "scripted",
    created_at: createdAt,
    message: { role: "assistant", content: "" },
    done: false,
  }),
  events(scene) {
    const model = scene.model ?? "scripted";
    const said = messages(scene).map((message) =>
      line({
        model,
        created_at: createdAt,
        message: { role: "assistant", content: "", ...message },
        done: false,
      }),
    );
    const { failWithin, usage } = scene;
    if (failWithin !== undefined) {
      const { status, message, when } = failWithin;
      return [...said.slice(0, when === "before" ? 0 : 2), line({ error: message, status })];
    }
    const last = {
      model,
      created_at: createdAt,
      message: { role: "assistant", content: "" },
      done: true,
      done_reason: doneReasons[scene.finish ?? "stop"],
      total_duration: 182_242_375,
      load_duration: 41_295_167,
      prompt_eval_duration: 24_573_166,
      eval_duration: 115_959_084,
      ...(usage && {
        prompt_eval_count: usage.input,
        prompt_eval_cached_count: usage.cacheRead ?? 0,
        eval_count: usage.output,
      }),
    };
    return [...said, line(last)];
  },
  failure({ message, retryAfterSeconds, isContextLength }) {
    const error = isContextLength
      ? "the prompt is longer than the context length currently available to the model; shorten the prompt"
      : message;
    return {
      headers: retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) },
      body: JSON.stringify({ error }),
    };
  },
};

/** The API has no refusals, and calls come whole. */
function messages({ think = [], say = [], refuse, calls = [] }: Scene): object[] {
  const texts = refuse === undefined ? say : [refuse];
  return [
    ...think.map((thinking) => ({ thinking })),
    ...texts.map((content) => ({ content })),
    ...calls.map(({ id, name, arguments: pieces }) => ({
      tool_calls: [{ id, function: { name, arguments: JSON.parse(pieces.join("") || "{}") } }],
    })),
  ];
}
