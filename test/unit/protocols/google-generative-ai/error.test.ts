import { expect, test } from "vitest";
import { readError } from "../../../../src/protocols/google-generative-ai/error.ts";

test.each([
  ["INVALID_ARGUMENT", 400, "invalid_request_error"],
  ["UNAUTHENTICATED", 401, "authentication_error"],
  ["PERMISSION_DENIED", 403, "permission_error"],
  ["NOT_FOUND", 404, "not_found_error"],
  ["RESOURCE_EXHAUSTED", 429, "rate_limit_error"],
  ["INTERNAL", 500, "api_error"],
  ["UNAVAILABLE", 503, "api_error"],
  ["DEADLINE_EXCEEDED", 504, "api_error"],
])("%s is a %i", (word, status, type) => {
  expect(readError({ error: { message: "no", status: word } })).toEqual({
    status,
    message: "no",
    type,
    code: word,
    isContextLength: false,
    retryAfterMs: undefined,
  });
});

test("a word that is not known has the status of its number", () => {
  expect(readError({ error: { code: 418, status: "TEAPOT" } })).toMatchObject({
    status: 418,
    type: "invalid_request_error",
  });
  expect(readError({ error: { code: 7, status: "toString" } })).toMatchObject({
    status: undefined,
    type: "api_error",
  });
});

test("an invalid key is the credential's fault", () => {
  const details = [
    { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" },
  ];
  const error = { code: 400, message: "m", status: "INVALID_ARGUMENT", details };
  expect(readError({ error })).toMatchObject({ status: 401, type: "authentication_error" });
});

test.each([
  ["34.4s", 34_400],
  ["7s", 7000],
  ["0.0001s", 1],
  ["soon", undefined],
  ["-1s", undefined],
  [`${"9".repeat(400)}s`, undefined],
  [3, undefined],
])("a wait of %s is %s milliseconds", (retryDelay, retryAfterMs) => {
  const details = [null, { "@type": "QuotaFailure" }, { "@type": "RetryInfo", retryDelay }];
  expect(readError({ error: { details } })).toMatchObject({ retryAfterMs });
});

test("a conversation that is too long is known by Google's sentence", () => {
  const message =
    "The input token count (1200293) exceeds the maximum number of tokens allowed (1048576).";
  expect(readError({ error: { code: 400, message } })).toMatchObject({ isContextLength: true });
});

test.each([[{}], [{ error: null }], [{ error: "no" }], [{ error: [] }]])(
  "%j is no error of Google's",
  (body) => {
    expect(readError(body)).toBeUndefined();
  },
);
