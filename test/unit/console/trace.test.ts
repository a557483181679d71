import { describe, expect, test } from "vitest";
import { describeRequests, requestsHeader } from "../../../src/console/describe-requests.ts";
import { describeTrace } from "../../../src/console/describe-trace.ts";
import { createScreen } from "../../../src/console/screen.ts";
import { requestView } from "../../../src/telemetry/request-view.ts";
import { attemptRecord, keptRequestOf } from "../../support/telemetry-events.ts";

const viewOf = (more: Parameters<typeof keptRequestOf>[0]) => requestView(keptRequestOf(more));

const screen = createScreen({}, undefined);
const usage = { tokensIn: 1200, tokensOut: 80, tokensCached: 200, tokensCacheWrite: 0 };
const attempts = [
  attemptRecord("cloud/big", "circuit_open", {
    isSkipped: true,
    durationMs: 0,
    wire: undefined,
  }),
  attemptRecord("cloud/mini", "upstream_failed", { failedStatus: 503, durationMs: 500 }),
  attemptRecord("local/qwen", "ok", {
    startedAtMs: 1500,
    durationMs: 500,
    firstOutputMs: 250,
    usage,
    costUsd: 0.0123,
  }),
];
const view = viewOf({
  requestId: "0f3e2d1c-aaaa-bbbb-cccc-0123456789ab",
  caller: "voice-bot",
  isStream: true,
  durationMs: 1000,
  firstOutputMs: 750,
  attempts,
});
const refused = viewOf({
  requestId: "11111111-aaaa-bbbb-cccc-0123456789ab",
  caller: undefined,
  agentId: undefined,
  mode: undefined,
  askedModel: undefined,
  status: 401,
  outcome: "invalid_api_key",
});

describe("a trace", () => {
  test("shows each attempt where and how long it was, its first output, and what was skipped", () => {
    const lines = describeTrace(view, screen).split("\n");
    // 64 columns for 1000 ms: the first half is the failed attempt, the last quarter follows the first output.
    expect(lines.filter((line) => /[░█×]/.test(line)).map((line) => line.slice(15))).toEqual([
      "░".repeat(48) + "█".repeat(16),
      "×",
      "░".repeat(33),
      " ".repeat(32) + "░".repeat(16) + "█".repeat(16),
      expect.stringContaining("× skipped"),
    ]);
    expect(lines).toContain("from      key voice-bot, agent main");
    expect(lines).toContain("served    chat-completions as a stream, mode passthrough");
    expect(lines).toContain("tokens    1200 in (200 cached), 80 out (0 reasoning)");
    expect(lines.join("\n")).toMatch(/^1 +cloud\/big +circuit_open +- +0 ms +skipped +-$/m);
    expect(lines.join("\n")).toMatch(/^2 +cloud\/mini +upstream_failed 503 .* +500 ms +-$/m);
    expect(lines.join("\n")).toMatch(/^3 +local\/qwen +ok .* +500 ms +500 ms +250 ms$/m);
  });

  test("of a request without attempts says so", () => {
    const text = describeTrace(refused, screen);
    expect(text).toContain("No target was tried.");
    expect(text).toContain("ended     401 invalid_api_key, the client's fault");
    expect(text).toContain("from      no virtual key, agent -");
  });

  test("of a request with hundreds of attempts shows the last ones", () => {
    const many = {
      ...view,
      attempts: Array.from({ length: 300 }, () => view.attempts[1]).flatMap((one) => one ?? []),
    };
    const text = describeTrace(many, screen);
    expect(text).toContain("The first 260 attempts are not shown; --json has them.");
    expect(text.split("\n").length).toBeLessThan(120);
  });
});

test("a list has two lines for each request: what it cost, and what was tried", () => {
  expect([requestsHeader(screen), ...describeRequests([view, refused], screen)]).toEqual([
    "time UTC  id        status  key                 in/out      cost   first   total",
    "22:13:20  0f3e2d1c  200     voice-bot          1200/80   $0.0123   750ms   1.00s",
    "  main, passthrough: cloud/big circuit_open skipped; cloud/mini upstream_failed",
    "    503 500 ms; local/qwen ok 500 ms",
    "22:13:20  11111111  401     -                      0/0        $0       -    12ms",
    "  chat-completions, invalid_api_key (client): no target tried",
  ]);
});
