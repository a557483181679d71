import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RelayError } from "../../../src/errors.ts";
import { createGrant, type KeySettings } from "../../../src/access/grant.ts";
import { type Admission, createLimiter } from "../../../src/quota/limiter.ts";

const grant = (limits: Partial<KeySettings>, id = "k1") =>
  createGrant("bot", { id, modes: ["passthrough"], ...limits });
const nothing = { tokens: 0, usd: 0 };
const noon = Date.parse("2026-11-20T12:00:00Z");

/** A limiter with a clock and settable spending. */
function createLimits() {
  const state = { nowMs: 0, todayUsd: 0, monthUsd: 0 };
  const limiter = createLimiter({
    spending: () => ({
      todayUsd: state.todayUsd,
      monthUsd: state.monthUsd,
      nowMs: noon,
      dayEndsAtMs: noon + 12 * 3_600_000,
      monthEndsAtMs: Date.parse("2026-12-01T00:00:00Z"),
    }),
    now: () => state.nowMs,
  });
  return { state, limiter };
}

function refusal(run: () => unknown): RelayError {
  try {
    run();
  } catch (error) {
    return error as RelayError;
  }
  throw new Error("it was let in");
}

describe("requests a minute", () => {
  test("are admitted up to the limit, and again once the window has passed", () => {
    const { state, limiter } = createLimits();
    const bot = grant({ requestsPerMinute: 2 });
    limiter.enter(bot).leave();
    state.nowMs = 20_000;
    limiter.enter(bot).leave();
    const error = refusal(() => limiter.enter(bot));
    expect(error).toMatchObject({ code: "rate_limit_exceeded", status: 429 });
    expect(error.headers).toEqual({ "retry-after": "40" });
    expect(limiter.quotas(bot)).toEqual([
      { name: "requests", limit: 2, remaining: 0, resetMs: 60_000 },
    ]);
    state.nowMs = 59_999;
    expect(() => limiter.enter(bot)).toThrow("limit of 2 requests per minute");
    state.nowMs = 60_000;
    limiter.enter(bot).leave();
    expect(() => limiter.enter(bot)).toThrow("limit of 2 requests per minute");
  });

  test("are counted for each key separately", () => {
    const { limiter } = createLimits();
    limiter.enter(grant({ requestsPerMinute: 1 }));
    expect(() => limiter.enter(grant({ requestsPerMinute: 1 }, "k2"))).not.toThrow();
  });
});

describe("concurrent requests", () => {
  test("are admitted again when others have left", () => {
    const { limiter } = createLimits();
    const bot = grant({ maxConcurrent: 2 });
    const first = limiter.enter(bot);
    limiter.enter(bot);
    const error = refusal(() => limiter.enter(bot));
    expect(error.headers).toEqual({ "retry-after": "1" });
    expect(limiter.quotas(bot)).toEqual([
      { name: "concurrency", limit: 2, remaining: 0, resetMs: 1000 },
    ]);
    first.leave();
    expect(() => limiter.enter(bot)).not.toThrow();
  });

  test("that are refused do not count as requests per minute", () => {
    const { limiter } = createLimits();
    const bot = grant({ maxConcurrent: 1, requestsPerMinute: 2 });
    const first = limiter.enter(bot);
    expect(() => limiter.enter(bot)).toThrow("in flight");
    first.leave();
    expect(() => limiter.enter(bot)).not.toThrow();
  });
});

describe("tokens a minute", () => {
  test("count the actual usage, not the estimate", () => {
    const { limiter } = createLimits();
    const bot = grant({ tokensPerMinute: 100 });
    const first = limiter.enter(bot);
    first.reserve({ tokens: 1000, usd: 0 });
    first.book(60);
    first.leave();
    const second = limiter.enter(bot);
    second.reserve({ tokens: 1000, usd: 0 });
    second.book(60);
    second.leave();
    const error = refusal(() => limiter.enter(bot).reserve({ tokens: 1, usd: 0 }));
    expect(error.code).toBe("rate_limit_exceeded");
    expect(error.headers).toEqual({ "retry-after": "60" });
    // 120 of 100 tokens were used, so the second request's tokens count for 1.2 minutes.
    expect(limiter.quotas(bot)).toEqual([
      { name: "tokens", limit: 100, remaining: 0, resetMs: 72_000 },
    ]);
  });

  test("count what other requests have reserved", () => {
    const { limiter } = createLimits();
    const bot = grant({ tokensPerMinute: 100 });
    limiter.enter(bot).reserve({ tokens: 100, usd: 0 });
    expect(() => limiter.enter(bot).reserve({ tokens: 1, usd: 0 })).toThrow(
      "100 tokens per minute",
    );
  });
});

describe("a budget", () => {
  test("is exhausted when spending plus reservations reach it", () => {
    const { state, limiter } = createLimits();
    const bot = grant({ budgetUsdPerDay: 1 });
    state.todayUsd = 0.5;
    const first = limiter.enter(bot);
    first.reserve({ tokens: 0, usd: 0.5 });
    const second = limiter.enter(bot);
    const error = refusal(() => second.reserve({ tokens: 0, usd: 0.01 }));
    expect(error).toMatchObject({
      code: "insufficient_quota",
      status: 429,
      headers: { "x-should-retry": "false", "retry-after": "43200" },
    });
    second.leave();
    // It used less than its reservation.
    first.leave();
    state.todayUsd = 0.6;
    expect(() => limiter.enter(bot).reserve({ tokens: 0, usd: 0.01 })).not.toThrow();
    state.todayUsd = 1;
    expect(() => limiter.enter(bot).reserve(nothing)).toThrow("$1 per day");
    expect(() => limiter.assertBudget(bot)).toThrow("resets at 2026-11-21T00:00:00.000Z");
  });

  test("per month applies in addition to one per day", () => {
    const { state, limiter } = createLimits();
    const bot = grant({ budgetUsdPerDay: 5, budgetUsdPerMonth: 20 });
    state.todayUsd = 1;
    state.monthUsd = 20;
    expect(() => limiter.enter(bot).reserve(nothing)).toThrow(
      "$20 per month. The budget resets at 2026-12-01",
    );
    expect(limiter.quotas(bot)).toEqual([
      { name: "budget-day", limit: 5, remaining: 4, resetMs: 43_200_000 },
      { name: "budget-month", limit: 20, remaining: 0, resetMs: 10.5 * 86_400_000 },
    ]);
  });
});

describe("limits that change", () => {
  test("keep the usage of the last minute", () => {
    const { limiter } = createLimits();
    limiter.enter(grant({ requestsPerMinute: 2 })).leave();
    limiter.enter(grant({ requestsPerMinute: 3 })).leave();
    expect(() => limiter.enter(grant({ requestsPerMinute: 2 }))).toThrow("2 requests per minute");
  });

  test("apply immediately, also to requests in flight", () => {
    const { limiter } = createLimits();
    const before = limiter.enter(grant({ maxConcurrent: 5, tokensPerMinute: 100 }));
    before.reserve({ tokens: 50, usd: 0 });
    const after = grant({ maxConcurrent: 1, tokensPerMinute: 50 });
    expect(() => limiter.enter(after)).toThrow("in flight");
    const wider = grant({ maxConcurrent: 5, tokensPerMinute: 50 });
    expect(() => limiter.enter(wider).reserve(nothing)).toThrow("50 tokens per minute");
    before.book(10);
    before.leave();
    expect(() => limiter.enter(wider).reserve(nothing)).not.toThrow();
  });
});

test("after any sequence of requests, nothing stays reserved or in flight", () => {
  const step = fc.record({
    kind: fc.constantFrom("enter", "reserve", "leave", "change"),
    which: fc.nat(9),
    tokens: fc.nat(1_280_000_000),
    usd: fc.double({ min: 0, max: 1e6, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const { state, limiter } = createLimits();
      const budgetUsdPerDay = 1e12;
      let bot = grant({ tokensPerMinute: 1_000_000_000, budgetUsdPerDay });
      const inside: Admission[] = [];
      for (const { kind, which, tokens, usd } of steps) {
        const one = inside[which];
        if (kind === "enter") {
          inside.push(limiter.enter(bot));
        } else if (kind === "change") {
          bot = grant({ tokensPerMinute: 1_000_000_000 - which, budgetUsdPerDay });
        } else if (kind === "leave" && one !== undefined) {
          inside.splice(which, 1);
          one.leave();
        } else if (kind === "reserve" && one !== undefined) {
          inside.splice(which, 1);
          try {
            one.reserve({ tokens, usd });
          } catch {
            // A refused request leaves like any other.
          }
          inside.push({ ...one, reserve: () => undefined });
        }
      }
      for (const one of inside) {
        one.leave();
      }
      const alone = grant({ tokensPerMinute: 7, budgetUsdPerDay: 1, maxConcurrent: 1 });
      state.nowMs += 60_000;
      const last = limiter.enter(alone);
      // Exactly the whole limit fits (the budget up to rounding errors).
      last.reserve({ tokens: 7, usd: 1.01 });
      last.leave();
      const next = limiter.enter(alone);
      next.reserve({ tokens: 6, usd: 0.9 });
      expect(() => next.reserve({ tokens: 1, usd: 0 })).not.toThrow();
      expect(() => next.reserve({ tokens: 1, usd: 0 })).toThrow("7 tokens per minute");
    }),
  );
});
