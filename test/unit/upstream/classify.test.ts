import { describe, expect, test } from "vitest";
import { openAiChat } from "../../../src/protocols/openai-chat/protocol.ts";
import { failureOf, withRealStatus } from "../../../src/upstream/classify.ts";

const judge = (
  status: number,
  body: string,
  headers: Record<string, string> = { "content-type": "application/json" },
) =>
  failureOf(
    { status, headers, bytes: Buffer.from(body) },
    { provider: "local", protocol: openAiChat, secrets: ["sk-key"], nowMs: 0 },
  );

describe("an answer", () => {
  test("is passed on if it is a JSON object or an error about the request", () => {
    expect(judge(200, ' {"id":1}\n')).toBeUndefined();
    for (const status of [400, 404, 409, 413, 422]) {
      expect(judge(status, '{"error":{}}')).toBeUndefined();
    }
    expect(judge(404, "not found", { "content-type": "text/plain" })).toBeUndefined();
  });

  test.each([
    [408, "upstream_failed", "soon"],
    [429, "upstream_rate_limited", "later"],
    [500, "upstream_failed", "soon"],
    [502, "upstream_failed", "soon"],
    [503, "upstream_failed", "soon"],
    [529, "upstream_failed", "soon"],
    [403, "upstream_forbidden", "never"],
  ])(
    "with status %i is a failure (%s), keeps its body, and is retried: %s",
    (status, code, retry) => {
      const failure = judge(status, '{"error":{"message":"no"}}');
      expect(failure).toMatchObject({ code, consequence: { fallback: true, retry } });
      expect(failure?.answer?.bytes.toString()).toBe('{"error":{"message":"no"}}');
    },
  );

  test("with status 401 is a failure that quotes the provider's message but not its body", () => {
    const failure = judge(401, '{"error":{"message":"no such key"}}');
    expect(failure).toMatchObject({
      code: "upstream_unauthorized",
      status: 502,
      providerStatus: 401,
      message: expect.stringContaining('401 and the message "no such key"'),
      consequence: { fallback: true, retry: "never" },
    });
    expect(failure?.answer).toBeUndefined();
    for (const body of ["<html>", "", '{"error":"text"}', '{"error":{"message":"bad sk-key"}}']) {
      expect(judge(401, body)?.message).toMatch(/with status 401\. The gateway's operator/);
    }
  });

  test("sets the retry delay by its Retry-After", () => {
    expect(judge(429, "{}", { "retry-after": "2" })).toMatchObject({ retryAfterMs: 2000 });
    expect(judge(503, "{}", { "retry-after-ms": "70" })).toMatchObject({ retryAfterMs: 70 });
  });

  test("about the context length falls back without a retry; any other 400 is passed on", () => {
    for (const error of [
      { code: "context_length_exceeded" },
      { type: "exceed_context_size_error", code: 400 },
      {
        type: "BadRequestError",
        code: 400,
        message:
          "This model's maximum context length is 16384 tokens. However, you requested 122946",
      },
    ]) {
      expect(judge(400, JSON.stringify({ error }))).toMatchObject({
        code: "upstream_context_length",
        consequence: { fallback: true, retry: "never", health: "good" },
      });
    }
    expect(judge(400, '{"error":{"code":"content_policy_violation"}}')).toBeUndefined();
  });

  test.each([
    [{ message: "x", code: 429 }, 429],
    [{ message: "x", code: "503" }, 503],
    [{ message: "x", type: "rate_limit_error", code: null }, 429],
    [{ message: "x", code: "context_length_exceeded" }, 400],
    [{ message: "x", type: "invalid_request_error" }, 400],
    [{ message: "x", code: 7 }, 502],
    [{ message: "x" }, 502],
  ])("with an error inside a 200 gets its real status: %j", (error, status) => {
    const bytes = Buffer.from(JSON.stringify({ error }));
    expect(withRealStatus({ status: 200, headers: {}, bytes }, openAiChat).status).toBe(status);
  });

  test("is not an error if `error` is null or choices are present", () => {
    for (const body of [
      '{"error":null,"id":1}',
      '{"error":{},"choices":[]}',
      '{"x":"\\"error\\""}',
    ]) {
      expect(
        withRealStatus({ status: 200, headers: {}, bytes: Buffer.from(body) }, openAiChat).status,
      ).toBe(200);
    }
  });

  test.each([
    ["an HTML page", 200, "<!DOCTYPE html><p>x", { "content-type": "text/html; charset=utf-8" }],
    ["an HTML page without content-type", 502, "  <html>x", {}],
    ["an HTML page for a 404", 404, "<html>", { "content-type": "text/html" }],
    ["a redirect", 302, "", {}],
    ["empty", 200, "", { "content-type": "application/json" }],
    ["a truncated object", 200, '{"id":', { "content-type": "application/json" }],
    [
      "a long truncated object",
      200,
      `{"id":"${"x".repeat(500)}`,
      { "content-type": "application/json" },
    ],
    ["plain text", 200, "hello", { "content-type": "text/plain" }],
  ])("that is %s is unreadable", (_what, status, body, headers) => {
    expect(judge(status, body, headers as Record<string, string>)).toMatchObject({
      code: "upstream_unreadable",
      status: 502,
      consequence: { fallback: true, retry: "never" },
    });
  });

  test("that contains our key is withheld", () => {
    const failure = judge(403, '{"error":"bad key sk-key"}');
    expect(failure).toMatchObject({ code: "upstream_forbidden", providerStatus: 403 });
    expect(failure?.answer).toBeUndefined();
    expect(failure?.message).not.toContain("sk-key");
  });
});
