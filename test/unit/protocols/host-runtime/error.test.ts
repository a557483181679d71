/** What the last message of a failed call says, in the shapes that the host's runtime has (openclaw 2026.9.6). */
import fc from "fast-check";
import { expect, test } from "vitest";
import { readRuntimeError } from "../../../../src/protocols/host-runtime/error.ts";

const anthropic = (type: string, message: string) =>
  JSON.stringify({ error: { message, type }, type: "error" });

test.each<[string, object, object]>([
  [
    "a status in the code and in the text, with a wait",
    {
      errorCode: "429",
      errorMessage: `429: ${anthropic("rate_limit_error", "Slow down.")}; Retry-After: 7 seconds`,
    },
    { status: 429, message: "Slow down.", type: "rate_limit_error", retryAfterMs: 7000 },
  ],
  [
    "a status only in the text",
    { errorMessage: `529 ${anthropic("overloaded_error", "Overloaded")}` },
    { status: 529, message: "Overloaded", type: "overloaded_error" },
  ],
  [
    "an event of a stream, which states only its type",
    { errorMessage: anthropic("overloaded_error", "Overloaded") },
    { status: 529, message: "Overloaded" },
  ],
  [
    "Google's body, with a wait in it",
    {
      errorMessage: `429: ${JSON.stringify({
        error: {
          code: 429,
          message: "Quota.",
          status: "RESOURCE_EXHAUSTED",
          details: [{ "@type": "RetryInfo", retryDelay: "34.4s" }],
        },
      })}`,
    },
    { status: 429, message: "Quota.", retryAfterMs: 34_400 },
  ],
  [
    "a code by name",
    { errorCode: "insufficient_quota", errorMessage: "You exceeded your quota." },
    { status: 429, message: "You exceeded your quota.", code: "insufficient_quota" },
  ],
  [
    "AWS's exception",
    { errorType: "ThrottlingException", errorMessage: "Too many requests." },
    { status: 429, type: "ThrottlingException" },
  ],
  [
    "a conversation that is too long",
    { errorMessage: "400: prompt is too long: 213462 tokens > 200000 maximum" },
    { status: 400, code: "context_length_exceeded" },
  ],
  [
    "nothing that is known",
    { errorMessage: "Something broke." },
    { status: 502, message: "Something broke." },
  ],
  ["nothing at all", {}, { status: 502 }],
  ["a number that is no status", { errorMessage: "200 things went wrong" }, { status: 502 }],
])("%s", (_what, message, expected) => {
  expect(readRuntimeError({ ...message })).toMatchObject({ kind: "status", ...expected });
});

test.each([
  ["unreachable", { errorCode: "ECONNREFUSED", errorMessage: "connect ECONNREFUSED 127.0.0.1:9" }],
  ["unreachable", { errorCode: "***", errorMessage: "Connection error." }],
  ["unreachable", { errorMessage: "fetch failed" }],
  ["unreachable", { errorMessage: "terminated" }],
  ["unknown-api", { errorMessage: "No API provider registered for api: bedrock-converse-stream" }],
  ["no-key", { errorMessage: "No API key for provider: a" }],
])("%s", (kind, message) => {
  expect(readRuntimeError(message)).toMatchObject({ kind });
});

test("any message is read, into a status that is an error and a bounded text", () => {
  const text = fc.oneof(fc.string({ maxLength: 40 }), fc.json(), fc.constant("9".repeat(20_000)));
  const message = fc.record({ errorCode: text, errorMessage: text, errorType: text });
  fc.assert(
    fc.property(message, (given) => {
      const failure = readRuntimeError(given);
      const { status, message: words } =
        failure.kind === "status" ? failure : { status: 400, message: "" };
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThanOrEqual(599);
      expect(words.length).toBeLessThanOrEqual(2000);
    }),
    { numRuns: 1000 },
  );
});
