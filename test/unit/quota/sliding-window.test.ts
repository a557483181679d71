import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSlidingWindow } from "../../../src/quota/sliding-window.ts";

function windowAt(startMs = 1000) {
  const clock = { nowMs: startMs };
  return { clock, window: createSlidingWindow(() => clock.nowMs) };
}

describe("a window of a minute", () => {
  test("admits at most its limit within any 60 seconds", () => {
    const gaps = fc.array(fc.oneof(fc.nat(200), fc.nat(30_000)), { maxLength: 300 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), gaps, (limit, gapsMs) => {
        const { clock, window } = windowAt();
        const admitted: number[] = [];
        for (const gapMs of gapsMs) {
          clock.nowMs += gapMs;
          if (window.waitMs(1, limit) === 0) {
            window.add(1, limit);
            admitted.push(clock.nowMs);
          }
        }
        for (const [at, startMs] of admitted.entries()) {
          const within = admitted.slice(at).filter((timeMs) => timeMs < startMs + 60_000);
          expect(within.length).toBeLessThanOrEqual(limit);
        }
      }),
    );
  });

  test("admits the whole limit again after a minute", () => {
    const { clock, window } = windowAt();
    window.add(60, 60);
    expect([window.used(), window.waitMs(1, 60), window.resetMs()]).toEqual([60, 60_000, 60_000]);
    clock.nowMs += 60_000;
    expect([window.used(), window.waitMs(60, 60), window.resetMs()]).toEqual([0, 0, 0]);
  });

  test("counts an overshoot of n limits for n minutes", () => {
    const { clock, window } = windowAt();
    window.add(250, 100);
    expect(window.waitMs(1, 100)).toBe(150_000);
    clock.nowMs += 60_000;
    expect(window.used()).toBe(250);
    clock.nowMs += 90_000;
    expect(window.used()).toBe(0);
  });

  test("frees amounts in order of expiry, also after an overshoot", () => {
    const { clock, window } = windowAt();
    window.add(290, 100);
    window.add(10, 100);
    clock.nowMs += 174_000;
    expect(window.used()).toBe(10);
    window.add(20, 100);
    clock.nowMs += 6_000;
    expect(window.used()).toBe(20);
    clock.nowMs += 54_000;
    expect(window.used()).toBe(0);
  });

  test("counts a thousand requests per millisecond exactly", () => {
    const { clock, window } = windowAt();
    for (let at = 0; at < 100_000; at += 1) {
      clock.nowMs += 0.001;
      window.add(1, 1_000_000_000);
    }
    expect(window.used()).toBe(100_000);
    clock.nowMs += 60_100;
    expect(window.used()).toBe(0);
  });
});
