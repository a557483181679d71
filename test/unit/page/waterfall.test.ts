import fc from "fast-check";
import { expect, test } from "vitest";
import { waterfall } from "../../../src/page/waterfall.ts";
import { requestView } from "../../support/page-status.ts";

const [attempt] = requestView("r").attempts;

test("attempts lie on the request's scale of time", () => {
  const attempts = [
    { ...attempt, startMs: 0, durationMs: 50, firstOutputMs: null },
    { ...attempt, startMs: 50, durationMs: 50, firstOutputMs: 25 },
  ] as ReturnType<typeof requestView>["attempts"];
  const bars = waterfall({ attempts, durationMs: 100 });
  expect(bars.map(({ start, length, firstOutput }) => [start, length, firstOutput])).toEqual([
    [0, 0.5, null],
    [0.5, 0.5, 0.75],
  ]);
});

test("no time, however wrong, leaves the scale", () => {
  const ms = fc.double({ min: -1e6, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(ms, fc.array(fc.tuple(ms, ms, ms)), (durationMs, times) => {
      const attempts = times.map(([startMs, lengthMs, firstOutputMs]) =>
        Object.assign({}, attempt, { startMs, durationMs: lengthMs, firstOutputMs }),
      );
      for (const { start, length, firstOutput } of waterfall({ attempts, durationMs })) {
        expect(Math.min(start, length, firstOutput ?? 0)).toBeGreaterThanOrEqual(0);
        expect(Math.max(start + length, firstOutput ?? 0)).toBeLessThanOrEqual(1.000001);
      }
    }),
  );
});
