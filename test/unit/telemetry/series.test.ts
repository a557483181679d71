import { expect, test } from "vitest";
import { createSeries } from "../../../src/telemetry/series.ts";
import { measuredTimes } from "../../../src/telemetry/tallies.ts";
import { requestEnd } from "../../support/telemetry-events.ts";

const used = {
  tokensIn: 10,
  tokensOut: 5,
  tokensCached: 0,
  tokensCacheWrite: 0,
  tokensReasoning: 0,
  costUsd: 0.5,
};

function counted(more: Parameters<typeof requestEnd>[0] = {}) {
  const end = requestEnd(more);
  const times = measuredTimes(end, end.isStream, used);
  const fallback = { from: "a/m", to: "b/m", reason: "upstream_failed" } as const;
  return {
    request: { end, used, times, overhead: undefined },
    moves: { retries: 0, fallbacks: [fallback] },
  };
}

function start(steps = 4) {
  const clock = { nowMs: 50_000, wallMs: 1_700_000_000_000 };
  const series = createSeries({
    stepMs: 5000,
    steps,
    now: () => clock.nowMs,
    wallNow: () => clock.wallMs,
  });
  return { clock, series };
}

test("a step is shown when it is over, with its counts and its end", () => {
  const { clock, series } = start();
  series.count(counted({ isStream: true, firstOutputMs: 100 }));
  series.count(counted({ outcome: "upstream_failed" }));
  expect(series.view().at).toEqual([]);
  clock.nowMs += 5000;
  expect(series.view()).toMatchObject({
    stepMs: 5000,
    at: [1_700_000_005],
    requests: [2],
    providerErrors: [1],
    clientErrors: [0],
    fallbacks: [2],
    tokensIn: [20],
    costUsd: [1],
  });
  expect(series.view().firstOutputP50Ms[0]).toBeGreaterThanOrEqual(100);
  expect(series.view().firstOutputP50Ms[0]).toBeLessThan(107);
});

test("only the last steps are kept, and a quiet step has no times", () => {
  const { clock, series } = start();
  for (let step = 0; step < 10; step += 1) {
    if (step === 8) {
      series.count(counted({ isStream: true, firstOutputMs: 10 }));
    }
    clock.nowMs += 5000;
    series.view();
  }
  expect(series.view().requests).toEqual([0, 0, 1, 0]);
  expect(series.view().firstOutputP99Ms).toEqual([null, null, expect.any(Number), null]);
  expect(series.view().at).toEqual([35, 40, 45, 50].map((s) => 1_700_000_000 + s));
});

test("a long pause costs no more than the ring, and clears it", () => {
  const { clock, series } = start();
  series.count(counted());
  clock.nowMs += 365 * 24 * 3_600_000;
  const startedAtMs = performance.now();
  expect(series.view().requests).toEqual([0, 0, 0, 0]);
  expect(performance.now() - startedAtMs).toBeLessThan(100);
});

test("a wall clock that jumps back moves no point", () => {
  const { clock, series } = start();
  clock.nowMs += 5000;
  clock.wallMs -= 3_600_000;
  expect(series.view().at).toEqual([1_700_000_005]);
});
