import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RelayError } from "../../../src/errors.ts";
import { createGrant, type KeySettings } from "../../../src/keys/grant.ts";
import { type Admission, createLimiter } from "../../../src/keys/limiter.ts";

const grant = (limits: Partial<KeySettings>, id = "k1") =>
  createGrant("bot", { id, modes: ["passthrough"], ...limits });
const none = { tokens: 0, usd: 0 };

/** A limiter with a clock and a purse. */
function createLimits() {
  const state = { nowMs: 0, spentUsd: 0 };
  const limiter = createLimiter({
    spentTodayUsd: () => state.spentUsd,
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
  test("are let in up to the limit, then as they come back", () => {
    const { state, limiter } = createLimits();
    const bot = grant({ requestsPerMinute: 2 });
    limiter.enter(bot).leave(none);
    limiter.enter(bot).leave(none);
    const error = refusal(() => limiter.enter(bot));
    expect(error).toMatchObject({ code: "rate_limit_exceeded", status: 429 });
    expect(error.headers).toEqual({
      "retry-after": "30",
      "x-ratelimit-limit-requests": "2",
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "30000ms",
    });
    state.nowMs = 30_000;
    limiter.enter(bot).leave(none);
    expect(() => limiter.enter(bot)).toThrow("may make 2 requests a minute");
  });

  test("are each key's own", () => {
    const { limiter } = createLimits();
    limiter.enter(grant({ requestsPerMinute: 1 }));
    expect(() => limiter.enter(grant({ requestsPerMinute: 1 }, "k2"))).not.toThrow();
  });
});

describe("requests at once", () => {
  test("are let in again when others have left", () => {
    const { limiter } = createLimits();
    const bot = grant({ maxConcurrent: 2 });
    const first = limiter.enter(bot);
    limiter.enter(bot);
    const error = refusal(() => limiter.enter(bot));
    expect(error.headers).toEqual({
      "retry-after": "1",
      "x-ratelimit-limit-concurrency": "2",
      "x-ratelimit-remaining-concurrency": "0",
      "x-ratelimit-reset-concurrency": "1000ms",
    });
    first.leave(none);
    expect(() => limiter.enter(bot)).not.toThrow();
  });

  test("that are refused take nothing of the requests a minute", () => {
    const { limiter } = createLimits();
    const bot = grant({ maxConcurrent: 1, requestsPerMinute: 2 });
    const first = limiter.enter(bot);
    expect(() => limiter.enter(bot)).toThrow("under way");
    first.leave(none);
    expect(() => limiter.enter(bot)).not.toThrow();
  });
});

describe("tokens a minute", () => {
  test("count what was used, not what was expected", () => {
    const { limiter } = createLimits();
    const bot = grant({ tokensPerMinute: 100 });
    const first = limiter.enter(bot);
    first.reserve({ tokens: 1000, usd: 0 });
    first.leave({ tokens: 60, usd: 0 });
    const second = limiter.enter(bot);
    second.reserve({ tokens: 1000, usd: 0 });
    second.leave({ tokens: 60, usd: 0 });
    const error = refusal(() => limiter.enter(bot).reserve({ tokens: 1, usd: 0 }));
    expect(error.code).toBe("rate_limit_exceeded");
    // 20 are owed, and one more is wanted: 21 of 100 a minute.
    expect(error.headers).toEqual({
      "retry-after": "13",
      "x-ratelimit-limit-tokens": "100",
      "x-ratelimit-remaining-tokens": "0",
      "x-ratelimit-reset-tokens": "12600ms",
    });
  });

  test("count what others have reserved and not used yet", () => {
    const { limiter } = createLimits();
    const bot = grant({ tokensPerMinute: 100 });
    limiter.enter(bot).reserve({ tokens: 100, usd: 0 });
    expect(() => limiter.enter(bot).reserve({ tokens: 1, usd: 0 })).toThrow("100 tokens a minute");
  });
});

describe("a budget", () => {
  test("is over when what is spent and what is reserved reach it", () => {
    const { state, limiter } = createLimits();
    const bot = grant({ budgetUsdPerDay: 1 });
    state.spentUsd = 0.5;
    const first = limiter.enter(bot);
    first.reserve({ tokens: 0, usd: 0.5 });
    const second = limiter.enter(bot);
    const error = refusal(() => second.reserve({ tokens: 0, usd: 0.01 }));
    expect(error).toMatchObject({ code: "insufficient_quota", status: 429, headers: {} });
    second.leave(none);
    // It used less than was expected.
    first.leave({ tokens: 0, usd: 0.1 });
    state.spentUsd = 0.6;
    expect(() => limiter.enter(bot).reserve({ tokens: 0, usd: 0.01 })).not.toThrow();
    state.spentUsd = 1;
    expect(() => limiter.enter(bot).reserve(none)).toThrow("$1 a day");
  });
});

describe("limits that change", () => {
  test("count at once, with what is under way", () => {
    const { limiter } = createLimits();
    const before = limiter.enter(grant({ maxConcurrent: 5, tokensPerMinute: 100 }));
    before.reserve({ tokens: 50, usd: 0 });
    const after = grant({ maxConcurrent: 1, tokensPerMinute: 50 });
    expect(() => limiter.enter(after)).toThrow("under way");
    const wider = grant({ maxConcurrent: 5, tokensPerMinute: 50 });
    expect(() => limiter.enter(wider).reserve(none)).toThrow("50 tokens a minute");
    before.leave({ tokens: 10, usd: 0 });
    expect(() => limiter.enter(wider).reserve(none)).not.toThrow();
  });
});

test("whoever comes and goes, at the end nothing is reserved or under way", () => {
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
          one.leave(none);
        } else if (kind === "reserve" && one !== undefined) {
          inside.splice(which, 1);
          try {
            one.reserve({ tokens, usd });
          } catch {
            // One that is refused leaves like any other.
          }
          inside.push({ ...one, reserve: () => undefined });
        }
      }
      for (const one of inside) {
        one.leave(none);
      }
      const alone = grant({ tokensPerMinute: 7, budgetUsdPerDay: 1, maxConcurrent: 1 });
      state.nowMs += 60_000;
      const last = limiter.enter(alone);
      // Not a token more and, but for the last digits of a sum, not a cent more than there is.
      last.reserve({ tokens: 7, usd: 1.01 });
      last.leave(none);
      const next = limiter.enter(alone);
      next.reserve({ tokens: 6, usd: 0.9 });
      expect(() => next.reserve({ tokens: 1, usd: 0 })).not.toThrow();
      expect(() => next.reserve({ tokens: 1, usd: 0 })).toThrow("7 tokens a minute");
    }),
  );
});
