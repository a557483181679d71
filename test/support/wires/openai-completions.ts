/** A scripted provider that speaks chat completions, the protocol that is relayed. */
import type { Scene, ScriptedWire } from "./scene.ts";

const event = (value: object) => `data: ${JSON.stringify(value)}\n\n`;

const finishReasons = {
  stop: "stop",
  length: "length",
  calls: "tool_calls",
  refusal: "content_filter",
};

const errorOf = (status: number, message: string) => ({
  error: { message, type: "server_error", param: null, code: status },
});

export const scriptedChat: ScriptedWire = {
  api: "openai-completions",
  has: () => true,
  // The role, and the first text.
  eventsBeforeCut: 2,
  baseUrl: (url) => url,
  contentType: "text/event-stream",
  ping: ": ping\n\n",
  events(scene) {
    const { say = [], think = [], calls = [], usage, failWithin, model = "m" } = scene;
    const chunk = (delta: object, finish: string | null = null) =>
      event({
        id: "chatcmpl-1",
        object: "chat.completion.chunk",
        created: 1,
        model,
        choices: [{ index: 0, delta, finish_reason: finish }],
      });
    const begin = chunk({ role: "assistant", content: "" });
    const failure = failWithin && event(errorOf(failWithin.status, failWithin.message));
    if (failure !== undefined && failWithin?.when === "before") {
      return [begin, failure];
    }
    const texts = [
      ...think.map((text) => chunk({ reasoning_content: text })),
      ...say.map((text) => chunk({ content: text })),
    ];
    if (failure !== undefined) {
      return [begin, ...texts.slice(0, 1), failure];
    }
    const finish = finishReasons[scene.finish ?? (calls.length > 0 ? "calls" : "stop")];
    return [
      begin,
      ...texts,
      ...calls.flatMap(({ id, name, arguments: pieces }, index) =>
        [
          { index, id, type: "function", function: { name, arguments: "" } },
          ...pieces.map((text) => ({ index, function: { arguments: text } })),
        ].map((call) => chunk({ tool_calls: [call] })),
      ),
      chunk({}, finish),
      ...(usage === undefined ? [] : [event({ choices: [], usage: countsOf(usage) })]),
      "data: [DONE]\n\n",
    ];
  },
  failure: ({ status, message, retryAfterSeconds }) => ({
    headers: retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) },
    body: JSON.stringify(errorOf(status, message)),
  }),
};

function countsOf({ input, output }: NonNullable<Scene["usage"]>) {
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}
