import { describe, expect, test } from "vitest";
import { createLedger, type Ledger, type LedgerAccount } from "../../../src/quota/ledger.ts";

const account = { keyId: "k1", agent: "ada", model: "local/m1" };
const usage = { tokensIn: 10, tokensOut: 5, tokensCached: 2, tokensCacheWrite: 1 };
/** Books a request with this usage. */
function use(ledger: Ledger, to: LedgerAccount = account, failed = false): void {
  ledger.book(to, usage, 0.25);
  ledger.count(to, { failed });
}
const zero = {
  requests: 0,
  errors: 0,
  tokensIn: 0,
  tokensOut: 0,
  tokensCached: 0,
  tokensCacheWrite: 0,
  costUsd: 0,
};

/** A ledger with a clock that starts at noon. */
function ledgerAt(time = "2026-11-20T12:00:00Z", hasKey?: (keyId: string) => boolean) {
  let nowMs = Date.parse(time);
  const ledger = createLedger({ now: () => nowMs, ...(hasKey === undefined ? {} : { hasKey }) });
  return {
    ledger,
    at(next: string) {
      nowMs = Date.parse(next);
    },
  };
}

describe("a ledger", () => {
  test("sums usage by key, agent and model, and spending by key", () => {
    const { ledger } = ledgerAt();
    use(ledger);
    use(ledger, account, true);
    use(ledger, { ...account, model: "local/m2" });
    use(ledger, { ...account, keyId: "k2" });
    const sums = {
      requests: 2,
      errors: 1,
      tokensIn: 20,
      tokensOut: 10,
      tokensCached: 4,
      tokensCacheWrite: 2,
      costUsd: 0.5,
    };
    expect(ledger.state().rows[0]).toEqual({ ...account, total: sums, month: sums, today: sums });
    expect(ledger.state().rows).toHaveLength(3);
    expect([ledger.spending("k1").todayUsd, ledger.spending("k2").todayUsd]).toEqual([0.75, 0.25]);
    expect(ledger.spending("k3").todayUsd).toBe(0);
    expect(ledger.changes).toBe(8);
  });

  test("starts a new day at midnight UTC and keeps the totals", () => {
    const { ledger, at } = ledgerAt("2026-11-20T23:59:59Z");
    use(ledger);
    at("2026-11-21T00:00:00Z");
    expect(ledger.spending("k1").todayUsd).toBe(0);
    use(ledger);
    expect(ledger.state()).toMatchObject({
      day: "2026-11-21",
      rows: [{ total: { requests: 2 }, today: { requests: 1, costUsd: 0.25 } }],
    });
    expect(ledger.spending("k1").todayUsd).toBe(0.25);
  });

  test("restores a state of the same day fully, and of another day only its totals", () => {
    const first = ledgerAt();
    use(first.ledger);
    use(first.ledger, { ...account, model: "local/m2" });
    const kept = JSON.parse(JSON.stringify(first.ledger.state()));

    const sameDay = ledgerAt("2026-11-20T18:00:00Z");
    sameDay.ledger.restore(kept);
    expect(sameDay.ledger.spending("k1").todayUsd).toBe(0.5);
    use(sameDay.ledger);
    expect(sameDay.ledger.state().rows[0]).toMatchObject({
      total: { requests: 2 },
      today: { requests: 2 },
    });

    const nextDay = ledgerAt("2026-11-21T08:00:00Z");
    nextDay.ledger.restore(kept);
    expect(nextDay.ledger.spending("k1").todayUsd).toBe(0);
    expect(nextDay.ledger.state().rows[0]).toMatchObject({ total: { requests: 1 }, today: zero });
  });

  test("sums spending over the days of a month and resets it on the first", () => {
    const { ledger, at } = ledgerAt("2026-11-29T12:00:00Z");
    use(ledger);
    at("2026-11-30T12:00:00Z");
    use(ledger);
    expect(ledger.spending("k1")).toEqual({
      todayUsd: 0.25,
      monthUsd: 0.5,
      nowMs: Date.parse("2026-11-30T12:00:00Z"),
      dayEndsAtMs: Date.parse("2026-12-01T00:00:00Z"),
      monthEndsAtMs: Date.parse("2026-12-01T00:00:00Z"),
    });
    at("2026-12-01T00:00:00Z");
    expect(ledger.spending("k1")).toMatchObject({ todayUsd: 0, monthUsd: 0 });
    expect(ledger.state().rows[0]).toMatchObject({ total: { requests: 2 }, month: zero });
  });

  test("folds rows unused for a day into one row per key, without losing the month's spending", () => {
    const { ledger, at } = ledgerAt("2026-11-20T12:00:00Z");
    for (let model = 0; model < 50; model += 1) {
      use(ledger, { ...account, model: `local/m${model}` });
    }
    at("2026-11-21T12:00:00Z");
    use(ledger);
    expect(ledger.state().rows).toHaveLength(50);
    at("2026-11-22T12:00:00Z");
    const earlier = { keyId: "k1", agent: "", model: "(earlier)" };
    expect(ledger.state().rows).toEqual([
      expect.objectContaining(earlier),
      expect.objectContaining({ ...account, today: zero }),
    ]);
    expect(ledger.state().rows[0]).toMatchObject({ total: { requests: 49 }, today: zero });
    expect(ledger.spending("k1").monthUsd).toBeCloseTo(51 * 0.25);
  });

  test("folds the rows of revoked keys into one after their month ends", () => {
    const keys = new Set(["k1", "k2", "k3"]);
    const { ledger, at } = ledgerAt("2026-11-28T12:00:00Z", (keyId) => keys.has(keyId));
    for (const keyId of keys) {
      use(ledger, { ...account, keyId });
    }
    keys.delete("k2");
    keys.delete("k3");
    at("2026-11-29T12:00:00Z");
    at("2026-11-30T12:00:00Z");
    // A key that returns within the month still has its spending.
    expect(ledger.spending("k2").monthUsd).toBe(0.25);
    at("2026-12-01T12:00:00Z");
    at("2026-12-02T12:00:00Z");
    expect(ledger.state().rows.map(({ keyId, model }) => [keyId, model])).toEqual([
      ["k1", "(earlier)"],
      ["", "(revoked keys)"],
    ]);
    expect(ledger.state().rows[1]).toMatchObject({ total: { requests: 2 } });
  });

  test("keeps 10,000 accounts and books further ones as (others) of their key", () => {
    const { ledger } = ledgerAt();
    for (let at = 0; at < 12_000; at += 1) {
      use(ledger, { ...account, model: `local/m${at}` });
    }
    use(ledger, { ...account, keyId: "k2" });
    const { rows } = ledger.state();
    expect(rows).toHaveLength(10_002);
    expect(rows.slice(-2)).toEqual([
      expect.objectContaining({ keyId: "k1", model: "(others)" }),
      expect.objectContaining({ keyId: "k2", model: "(others)" }),
    ]);
    expect(rows.at(-2)?.total.requests).toBe(2000);
    expect(ledger.spending("k1").todayUsd).toBe(3000);
    // Existing accounts are still updated.
    use(ledger, { ...account, model: "local/m7" });
    expect(ledger.state().rows[7]?.total.requests).toBe(2);
  });
});
