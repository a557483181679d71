import { describe, expect, test } from "vitest";
import { failureOf } from "../../../src/upstream/classify.ts";

const judge = (
  status: number,
  body: string,
  headers: Record<string, string> = { "content-type": "application/json" },
) => failureOf({ status, headers, bytes: Buffer.from(body) }, "local", "sk-key");

describe("an answer", () => {
  test("is handed on when it is a JSON object, or an error about the request", () => {
    expect(judge(200, ' {"id":1}\n')).toBeUndefined();
    for (const status of [400, 401, 404, 409, 413, 422]) {
      expect(judge(status, '{"error":{}}')).toBeUndefined();
    }
    expect(judge(404, "not found", { "content-type": "text/plain" })).toBeUndefined();
  });

  test.each([408, 429, 500, 502, 503, 504, 529])(
    "with status %i is the provider's failure, kept whole",
    (status) => {
      const failure = judge(status, '{"error":{"message":"no"}}');
      expect(failure).toMatchObject({ code: "upstream_status", fallback: true });
      expect(failure?.answer?.bytes.toString()).toBe('{"error":{"message":"no"}}');
    },
  );

  test.each([
    ["an HTML page", 200, "<!DOCTYPE html><p>x", { "content-type": "text/html; charset=utf-8" }],
    ["an HTML page that says it is nothing", 502, "  <html>x", {}],
    ["an HTML page for a 404", 404, "<html>", { "content-type": "text/html" }],
    ["a redirect", 302, "", {}],
    ["nothing", 200, "", { "content-type": "application/json" }],
    ["half an object", 200, '{"id":', { "content-type": "application/json" }],
    [
      "half an object that is long",
      200,
      `{"id":"${"x".repeat(500)}`,
      { "content-type": "application/json" },
    ],
    ["text", 200, "hello", { "content-type": "text/plain" }],
  ])("that is %s is unreadable", (_what, status, body, headers) => {
    expect(judge(status, body, headers as Record<string, string>)).toMatchObject({
      code: "upstream_unreadable",
      status: 502,
      fallback: true,
    });
  });

  test("that repeats our key is withheld", () => {
    const failure = judge(401, '{"error":"bad key sk-key"}');
    expect(failure).toMatchObject({ code: "upstream_unreadable" });
    expect(failure?.answer).toBeUndefined();
    expect(failure?.message).not.toContain("sk-key");
  });

  test("that is compressed is not looked into", () => {
    const headers = { "content-type": "application/json", "content-encoding": "gzip" };
    expect(judge(200, "\x1f\x8b…", headers)).toBeUndefined();
  });
});
