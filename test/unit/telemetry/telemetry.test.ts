import { describe, expect, test } from "vitest";
import { type Outcome, RelayError } from "../../../src/errors.ts";
import type { RequestEnd } from "../../../src/telemetry/events.ts";
import { createRelayLog } from "../../../src/telemetry/log.ts";
import { createSnapshot } from "../../../src/telemetry/snapshot.ts";
import { attemptRecord, requestEnd } from "../../support/telemetry-events.ts";
import { createTrace, traced, traceHeaders } from "../../../src/telemetry/trace.ts";

function logged(event: Partial<RequestEnd>): [level: string, line: string] {
  const lines: [string, string][] = [];
  const at = (level: string) => (line: string) => lines.push([level, line]);
  const log = createRelayLog({ debug: at("debug"), info: at("info"), warn: at("warn") }, () => ({
    requests: false,
    format: "text",
    maxPerSecond: 20,
  }));
  log.subscriber(requestEnd(event));
  log.stop();
  return lines[0] as [string, string];
}

const attempt = (target: string, outcome: Outcome, failedStatus?: number) =>
  attemptRecord(target, outcome, { failedStatus });

describe("the log line of a request", () => {
  test("is at debug level if the first attempt succeeds", () => {
    expect(logged({ attempts: [attempt("local/m1", "ok")] })).toEqual([
      "debug",
      "passthrough: chat-completions id-1: status 200, ok, 12 ms, attempts: local/m1 ok 3 ms",
    ]);
  });

  test("is a warning with each attempt after a fallback or a failure", () => {
    const attempts = [attempt("local/m1", "upstream_failed", 503), attempt("cloud/m2", "ok")];
    const [level, line] = logged({ attempts });
    expect(level).toBe("warn");
    expect(line).toContain("attempts: local/m1 upstream_failed 503 3 ms; cloud/m2 ok 3 ms");
    expect(
      logged({
        status: 502,
        outcome: "upstream_unreachable",
        attempts: [attempt("a/b", "upstream_unreachable")],
      })[0],
    ).toBe("warn");
  });

  test("is at debug level for a client error or a disconnect", () => {
    expect(logged({ status: 400, outcome: "invalid_body" })[0]).toBe("debug");
    expect(
      logged({
        status: 400,
        outcome: "provider_answered",
        attempts: [attempt("a/b", "provider_answered", 400)],
      }),
    ).toEqual([
      "debug",
      expect.stringMatching(/status 400, provider_answered, .* a\/b provider_answered 400 3 ms$/),
    ]);
    expect(
      logged({ outcome: "client_closed", attempts: [attempt("a/b", "client_closed")] })[0],
    ).toBe("debug");
  });
});

test("the log line shows how long a skipped credential stays disqualified", () => {
  const skipped = { ...attempt("local/m1", "credential_refused"), leftMs: 40_100 };
  const [level, line] = logged({ attempts: [skipped, attempt("cloud/m2", "ok")] });
  expect(level).toBe("warn");
  expect(line).toContain("attempts: local/m1 credential_refused 41 s left; cloud/m2 ok 3 ms");
});

test("the totals separate client, provider and relay errors, and a disconnect is none of them", () => {
  const snapshot = createSnapshot();
  const outcomes: Outcome[] = [
    "ok",
    "client_closed",
    "invalid_body",
    "rate_limit_exceeded",
    "provider_answered",
    "upstream_failed",
    "upstream_unauthorized",
    "internal_error",
    "provider_not_configured",
    "api_not_supported",
  ];
  for (const outcome of outcomes) {
    snapshot.subscriber(requestEnd({ outcome, attempts: [attempt("a/b", outcome)] }));
  }
  expect(snapshot.total.view()).toMatchObject({
    requests: 10,
    disconnects: 1,
    clientErrors: 3,
    providerErrors: 2,
    relayErrors: 3,
  });
});

describe("the trace", () => {
  test("records a target without line breaks and terminal escapes", async () => {
    const trace = createTrace({ endpoint: "chat-completions", publish: () => undefined });
    await traced(trace, "a/\u001b[31m\nforged", async () => undefined);
    expect(trace.attempts[0]?.target).toBe("a/?[31m?forged");
  });

  test("counts attempts and names the last route in safely encoded headers", async () => {
    const trace = createTrace({ endpoint: "chat-completions", publish: () => undefined });
    await traced(trace, "a", async () => {
      throw new RelayError("upstream_unreachable", "no");
    }).catch(() => undefined);
    await traced(trace, "b", async (record) => {
      record.route = { provider: "local", modelId: "qwén\r\nx: y" };
    });
    expect(trace.attempts.map(({ outcome }) => outcome)).toEqual(["upstream_unreachable", "ok"]);
    expect(traceHeaders(trace)).toEqual([
      "x-openclaw-request-id",
      trace.requestId,
      "x-openclaw-attempts",
      "2",
      "x-openclaw-attempt-log",
      expect.stringMatching(/^a upstream_unreachable \d+ ms, b ok \d+ ms$/),
      "x-openclaw-provider",
      "local",
      "x-openclaw-model",
      "qw%C3%A9n%0D%0Ax:%20y",
    ]);
  });
});
