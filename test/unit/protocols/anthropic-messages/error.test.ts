/** How Anthropic's errors and headers are read. */
import { expect, test } from "vitest";
import { anthropicMessages } from "../../../../src/protocols/anthropic-messages/wire.ts";

const read = (body: Readonly<Record<string, unknown>>) => anthropicMessages.readError(body, {});
const error = (type: unknown, message: unknown = "no") => ({
  type: "error",
  error: { type, message },
  request_id: "req_1",
});

test.each([
  ["invalid_request_error", 400],
  ["authentication_error", 401],
  ["billing_error", 402],
  ["permission_error", 403],
  ["not_found_error", 404],
  ["request_too_large", 413],
  ["rate_limit_error", 429],
  ["api_error", 500],
  ["timeout_error", 504],
  ["overloaded_error", 529],
  ["of_next_year", undefined],
  ["constructor", undefined],
])("%s states %s", (type, status) => {
  expect(read(error(type))).toEqual({
    status,
    message: "no",
    type,
    code: undefined,
    isContextLength: false,
    retryAfterMs: undefined,
  });
});

test.each([
  "prompt is too long: 213462 tokens > 200000 maximum",
  "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
])("a conversation is too long: %s", (message) => {
  expect(read(error("invalid_request_error", message))).toMatchObject({ isContextLength: true });
});

test("what has another shape is no error, or one without words", () => {
  for (const body of [{}, { error: null }, { error: "no" }, { error: [] }]) {
    expect(read(body)).toBeUndefined();
  }
  expect(read(error(5, {}))).toMatchObject({ type: "api_error", message: "" });
});

test("a key is sent in Anthropic's header", () => {
  expect(anthropicMessages.credentialHeaders("k")).toEqual({ "x-api-key": "k" });
});

test("the limits in the headers have the names that clients of chat completions know", () => {
  expect(
    anthropicMessages.answerHeaders({
      "request-id": "req_1",
      "anthropic-ratelimit-requests-limit": "50",
      "anthropic-ratelimit-input-tokens-remaining": "1000",
      "anthropic-ratelimit-tokens-reset": "2026-11-22T00:00:00Z",
      "anthropic-ratelimit-odd": "x",
      "retry-after": "5",
    }),
  ).toEqual({
    "x-request-id": "req_1",
    "x-ratelimit-limit-requests": "50",
    "x-ratelimit-remaining-input-tokens": "1000",
    "x-ratelimit-reset-tokens": "2026-11-22T00:00:00Z",
    "retry-after": "5",
  });
});
