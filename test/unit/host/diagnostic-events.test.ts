import { expect, test, vi } from "vitest";
import { wantsModelReports } from "../../../src/host/diagnostic-events.ts";
import { createReportFeed } from "../../../src/plane/report-feed.ts";
import { type ModelReport, modelReports } from "../../../src/telemetry/model-reports.ts";
import { stopClock } from "../../support/clock.ts";
import { attemptRecord, requestEnd } from "../../support/telemetry-events.ts";

test("the host's exporters are fed if the config enables one, and diagnostics are not off", () => {
  const enabled = { plugins: { entries: { "diagnostics-otel": { enabled: true } } } };
  expect(wantsModelReports({})).toBe(false);
  expect(wantsModelReports(enabled)).toBe(true);
  expect(wantsModelReports({ ...enabled, diagnostics: { enabled: false } })).toBe(false);
  expect(
    wantsModelReports({ plugins: { entries: { "diagnostics-otel": { enabled: false } } } }),
  ).toBe(false);
});

const usage = { tokensIn: 10, tokensOut: 2, tokensCached: 4, tokensCacheWrite: 0 };

test("a request's calls, its use and its moves are reported, provider and model apart", () => {
  const end = requestEnd({
    attempts: [
      attemptRecord("a/m1", "upstream_failed", { failedStatus: 503 }),
      attemptRecord("b/m2", "ok", { usage, costUsd: 0.5 }),
    ],
  });
  expect(modelReports(end)).toMatchObject([
    { kind: "call", callId: "id-1:1", route: { provider: "a", modelId: "m1" } },
    { kind: "failover", from: { modelId: "m1" }, to: { modelId: "m2" }, reason: "upstream_failed" },
    { kind: "call", callId: "id-1:2", outcome: "ok" },
    { kind: "usage", agentId: "main", usage, costUsd: 0.5 },
  ]);
});

test("agent runs and targets that nothing was sent to are not reported", () => {
  const attempts = [
    attemptRecord("openclaw/main"),
    attemptRecord("a/m1", "circuit_open", { isSkipped: true }),
    attemptRecord("a/m2", "credential_refused", { isSkipped: true }),
  ];
  expect(modelReports(requestEnd({ attempts })).filter(({ kind }) => kind === "call")).toEqual([]);
});

test("reports are sent in bounded batches, and only while they are wanted", async () => {
  const clock = stopClock();
  const send = vi.fn<(reports: readonly ModelReport[]) => void>();
  let isWanted = false;
  const feed = createReportFeed({ isWanted: () => isWanted, send });
  const end = requestEnd({ attempts: [attemptRecord("a/m1", "ok", { usage })] });
  feed(end);
  await clock.pass(1000);
  expect(send).not.toHaveBeenCalled();
  isWanted = true;
  for (let at = 0; at < 5000; at += 1) {
    feed(end);
  }
  await clock.pass(250);
  expect(send).toHaveBeenCalledTimes(1);
  expect(send.mock.calls[0]?.[0]).toHaveLength(2000);
  // Plain data: it crosses to the other thread.
  expect(structuredClone(send.mock.calls[0]?.[0])).toEqual(send.mock.calls[0]?.[0]);
});
