/** What the relay sees of a provider that speaks another protocol than the client. */
import type { Dispatcher } from "undici";
import { expect, test } from "vitest";
import { ollama } from "../../../src/protocols/ollama/wire.ts";
import { createWholeAnswer } from "../../../src/protocols/openai-chat/answer-events.ts";
import { openAiChat } from "../../../src/protocols/openai-chat/protocol.ts";
import { createOpaqueStates } from "../../../src/upstream/opaque-state.ts";
import { translated } from "../../../src/upstream/translated.ts";

/** The headers and the body of a whole answer, for these of a provider's. */
function answerTo(body: object, status = 200) {
  const seen = { status: 0, headers: {}, body: "" };
  const next: Dispatcher.DispatchHandler = {
    onResponseStart: (_controller, code, headers) => {
      Object.assign(seen, { status: code, headers });
    },
    onResponseData: (_controller, chunk) => {
      seen.body += chunk.toString();
    },
  };
  const handler = translated(next, {
    wire: ollama,
    protocol: openAiChat,
    answer: createWholeAnswer({ id: "chatcmpl-1", created: 1, model: "m1" }),
    stream: false,
    recorder: createOpaqueStates().record({ provider: "a", modelId: "m1" }),
    provider: "a",
  });
  const controller = {} as Dispatcher.DispatchController;
  const bytes = Buffer.from(JSON.stringify(body));
  const headers = { "content-type": "application/json", "content-length": String(bytes.length) };
  handler.onResponseStart?.(controller, status, { ...headers, "x-a": "b" });
  handler.onResponseData?.(controller, bytes);
  handler.onResponseEnd?.(controller, {});
  return seen;
}

test("a body that is written anew does not have the length of the provider's", () => {
  const message = { role: "assistant", content: "Hello" };
  const answer = answerTo({ model: "qwen3", message, done: true, done_reason: "stop" });
  expect(answer).toMatchObject({ status: 200, headers: { "x-a": "b" } });
  expect(answer.headers).not.toHaveProperty("content-length");
  expect(JSON.parse(answer.body)).toMatchObject({
    model: "qwen3",
    choices: [{ message: { content: "Hello" }, finish_reason: "stop" }],
  });
  const refusal = answerTo({ error: "model 'm1' not found" }, 404);
  expect(refusal.status).toBe(404);
  expect(refusal.headers).not.toHaveProperty("content-length");
  expect(JSON.parse(refusal.body)).toMatchObject({ error: { message: "model 'm1' not found" } });
});
