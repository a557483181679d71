/** How Ollama's errors are read. */
import { expect, test } from "vitest";
import { ollama } from "../../../../src/protocols/ollama/wire.ts";

const read = (body: Readonly<Record<string, unknown>>) => ollama.readError(body, {});

test("an error is a text", () => {
  expect(read({ error: "model 'qwen3' not found" })).toEqual({
    status: undefined,
    message: "model 'qwen3' not found",
    type: "api_error",
    code: undefined,
    isContextLength: false,
    retryAfterMs: undefined,
  });
});

test("an error of a model that runs elsewhere may be an object", () => {
  expect(read({ error: { message: "busy", code: 503 }, status: 503 })).toMatchObject({
    status: 503,
    message: "busy",
  });
});

test.each([{}, { error: null }, { error: 5 }, { error: {} }, { error: { message: [] } }])(
  "%j is no error",
  (body) => {
    expect(read(body)).toBeUndefined();
  },
);

test.each([
  "the prompt is longer than the context length currently available to the model; shorten the prompt",
  "request (9000 tokens) exceeds the available context size (4096 tokens), try increasing it",
  "the input length exceeds the context length",
  "input exceeds maximum context length and cannot be truncated further",
  "prompt too long; exceeded max context length by 540451 tokens (ref: 00ad71bb)",
  "Context length exceeded, too many tokens",
])("a conversation is too long: %s", (error) => {
  expect(read({ error })).toMatchObject({ isContextLength: true, type: "invalid_request_error" });
});

test.each(['"llama2" does not support thinking', "context canceled", ""])(
  "a conversation is not too long: %j",
  (error) => {
    expect(read({ error })).toMatchObject({ isContextLength: false, message: error });
  },
);
