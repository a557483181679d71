import { describe, expect, test } from "vitest";
import { createLedger } from "../../../src/keys/ledger.ts";

const account = { keyId: "k1", agent: "ada", model: "local/m1" };
const entry = { tokensIn: 10, tokensOut: 5, tokensCached: 2, costUsd: 0.25, failed: false };
const zero = { requests: 0, errors: 0, tokensIn: 0, tokensOut: 0, tokensCached: 0, costUsd: 0 };

/** A ledger that begins at noon, with a clock. */
function ledgerAt(time = "2026-11-20T12:00:00Z") {
  let nowMs = Date.parse(time);
  const ledger = createLedger(() => nowMs);
  return {
    ledger,
    at(next: string) {
      nowMs = Date.parse(next);
    },
  };
}

describe("a ledger", () => {
  test("adds up by key, agent and model, and by key alone for the budget", () => {
    const { ledger } = ledgerAt();
    ledger.add(account, entry);
    ledger.add(account, { ...entry, failed: true });
    ledger.add({ ...account, model: "local/m2" }, entry);
    ledger.add({ ...account, keyId: "k2" }, entry);
    const sums = {
      requests: 2,
      errors: 1,
      tokensIn: 20,
      tokensOut: 10,
      tokensCached: 4,
      costUsd: 0.5,
    };
    expect(ledger.state().rows[0]).toEqual({ ...account, total: sums, today: sums });
    expect(ledger.state().rows).toHaveLength(3);
    expect([ledger.spentTodayUsd("k1"), ledger.spentTodayUsd("k2")]).toEqual([0.75, 0.25]);
    expect(ledger.spentTodayUsd("k3")).toBe(0);
    expect(ledger.changes).toBe(4);
  });

  test("begins a new day at midnight UTC, and keeps the totals", () => {
    const { ledger, at } = ledgerAt("2026-11-20T23:59:59Z");
    ledger.add(account, entry);
    at("2026-11-21T00:00:00Z");
    expect(ledger.spentTodayUsd("k1")).toBe(0);
    ledger.add(account, entry);
    expect(ledger.state()).toMatchObject({
      day: "2026-11-21",
      rows: [{ total: { requests: 2 }, today: { requests: 1, costUsd: 0.25 } }],
    });
    expect(ledger.spentTodayUsd("k1")).toBe(0.25);
  });

  test("takes up what was kept on the same day, and only the totals of another", () => {
    const first = ledgerAt();
    first.ledger.add(account, entry);
    first.ledger.add({ ...account, model: "local/m2" }, entry);
    const kept = JSON.parse(JSON.stringify(first.ledger.state()));

    const sameDay = ledgerAt("2026-11-20T18:00:00Z");
    sameDay.ledger.restore(kept);
    expect(sameDay.ledger.spentTodayUsd("k1")).toBe(0.5);
    sameDay.ledger.add(account, entry);
    expect(sameDay.ledger.state().rows[0]).toMatchObject({
      total: { requests: 2 },
      today: { requests: 2 },
    });

    const nextDay = ledgerAt("2026-11-21T08:00:00Z");
    nextDay.ledger.restore(kept);
    expect(nextDay.ledger.spentTodayUsd("k1")).toBe(0);
    expect(nextDay.ledger.state().rows[0]).toMatchObject({ total: { requests: 1 }, today: zero });
  });

  test("has 10,000 accounts, and counts whatever is more as others of its key", () => {
    const { ledger } = ledgerAt();
    for (let at = 0; at < 12_000; at += 1) {
      ledger.add({ ...account, model: `local/m${at}` }, entry);
    }
    ledger.add({ ...account, keyId: "k2" }, entry);
    const { rows } = ledger.state();
    expect(rows).toHaveLength(10_002);
    expect(rows.slice(-2)).toEqual([
      expect.objectContaining({ keyId: "k1", model: "(others)" }),
      expect.objectContaining({ keyId: "k2", model: "(others)" }),
    ]);
    expect(rows.at(-2)?.total.requests).toBe(2000);
    expect(ledger.spentTodayUsd("k1")).toBe(3000);
    // Known accounts go on as they are.
    ledger.add({ ...account, model: "local/m7" }, entry);
    expect(ledger.state().rows[7]?.total.requests).toBe(2);
  });
});
