import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTokenBucket } from "../../../src/keys/token-bucket.ts";

function bucket(perMinute: number) {
  const clock = { nowMs: 1000 };
  return { clock, bucket: createTokenBucket(perMinute, () => clock.nowMs) };
}

describe("a bucket", () => {
  test("is full at first, and fills up in a minute, no further", () => {
    const { clock, bucket: requests } = bucket(60);
    expect(requests.level()).toBe(60);
    requests.take(60);
    clock.nowMs += 1000;
    expect(requests.level()).toBeCloseTo(1);
    clock.nowMs += 3_600_000;
    expect(requests.level()).toBe(60);
  });

  test("says how long it takes until there is enough", () => {
    const { clock, bucket: requests } = bucket(60);
    requests.take(60);
    expect(requests.waitMs(1)).toBeCloseTo(1000);
    clock.nowMs += 400;
    expect(requests.waitMs(1)).toBeCloseTo(600);
    clock.nowMs += 600;
    expect(requests.waitMs(1)).toBeCloseTo(0);
  });

  test("can owe what was taken beyond it", () => {
    const { clock, bucket: tokens } = bucket(100);
    tokens.take(250);
    expect(tokens.level()).toBe(-150);
    clock.nowMs += 60_000;
    expect(tokens.level()).toBeCloseTo(-50);
    expect(tokens.waitMs(1)).toBeCloseTo((51 / 100) * 60_000);
  });

  test("gives no more than its rate and one burst, whoever asks when", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.array(fc.nat(5000), { maxLength: 200 }),
        (perMinute, gapsMs) => {
          const { clock, bucket: requests } = bucket(perMinute);
          const startMs = clock.nowMs;
          let taken = 0;
          for (const gapMs of gapsMs) {
            clock.nowMs += gapMs;
            if (requests.waitMs(1) === 0) {
              requests.take(1);
              taken += 1;
            }
          }
          const elapsedMs = clock.nowMs - startMs;
          expect(taken).toBeLessThanOrEqual(perMinute + (perMinute * elapsedMs) / 60_000 + 1e-6);
        },
      ),
    );
  });
});
