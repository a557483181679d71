import { describe, expect, test } from "vitest";
import { describeKeysNow, keysNow } from "../../../src/console/describe-keys-now.ts";
import { createScreen } from "../../../src/console/screen.ts";
import type { KeyLine } from "../../../src/control/keys.ts";
import { busyRelay } from "../../support/status-views.ts";

const sums = {
  requests: 3,
  errors: 1,
  tokensIn: 100,
  tokensOut: 20,
  tokensCached: 0,
  tokensCacheWrite: 0,
};
const line = (name: string, more: Partial<KeyLine> = {}): KeyLine => ({
  name,
  key: { id: name, modes: ["passthrough"] },
  place: "file",
  state: "active",
  usage: [],
  ...more,
});
const used = (todayUsd: number, monthUsd: number) => {
  const of = (costUsd: number) => ({ ...sums, costUsd });
  return [
    { agent: "a", model: "m", today: of(todayUsd), month: of(monthUsd), total: of(monthUsd) },
    { agent: "b", model: "m", today: of(todayUsd), month: of(monthUsd), total: of(monthUsd) },
  ];
};
const at = "2026-12-31T22:00:00.000Z";

describe("a key", () => {
  test("that was used has what the gateway says is left, and today's use from the files", async () => {
    const relay = await busyRelay();
    const [key] = keysNow([line("voice-bot", { usage: used(0.1, 0.4) })], relay);
    expect(key).toMatchObject({
      key: "voice-bot",
      state: "active",
      today: { requests: 6, errors: 2, tokensIn: 200, tokensOut: 40, costUsd: 0.2 },
      limits: [
        { name: "requests", remaining: 41 },
        { name: "budget-day", remaining: 0 },
      ],
    });
    expect(key?.live?.requests).toBe(27);
  });

  test("that was not used since the start has its whole limits, without what it spent before", () => {
    const limited = {
      id: "k",
      modes: ["passthrough" as const],
      requestsPerMinute: 60,
      budgetUsdPerDay: 1,
      budgetUsdPerMonth: 0.5,
    };
    const [key] = keysNow([line("idle", { key: limited, usage: used(0.1, 0.4) })], {
      keys: [],
      at,
    });
    expect(key?.live).toBeNull();
    expect(key?.limits).toEqual([
      { name: "requests", limit: 60, remaining: 60, resetAt: at },
      { name: "budget-day", limit: 1, remaining: 0.8, resetAt: "2027-01-01T00:00:00.000Z" },
      { name: "budget-month", limit: 0.5, remaining: 0, resetAt: "2027-01-01T00:00:00.000Z" },
    ]);
  });

  test("that is ignored has not the use of the config's key with its name", async () => {
    const relay = await busyRelay();
    const keys = keysNow([line("voice-bot"), line("voice-bot", { state: "ignored" })], relay);
    expect(keys.filter(({ key }) => key === "voice-bot").map(({ live }) => live?.requests)).toEqual(
      [27, undefined],
    );
  });

  test("that was deleted is still listed, apart from operators and callers without a key", async () => {
    const keys = keysNow([], await busyRelay());
    expect(keys.map(({ key, state }) => [key, state])).toEqual([
      ["voice-bot", "gone"],
      ["(operator)", "other"],
      ["", "other"],
    ]);
  });
});

test("the one that spent most today comes first", () => {
  const keys = keysNow(
    [line("none"), line("most", { usage: used(2, 2) }), line("some", { usage: used(1, 1) })],
    { keys: [], at },
  );
  expect(keys.map(({ key }) => key)).toEqual(["most", "some", "none"]);
});

test("the text has today's use, what is left and what was refused", async () => {
  const keys = keysNow([line("voice-bot", { usage: used(0.1, 0.4) })], await busyRelay());
  expect(describeKeysNow(keys, createScreen({}, undefined)).split("\n")).toEqual([
    "Used today (UTC); the files are updated every few seconds",
    "key         state   requests  errors  tokens in/out     cost",
    "voice-bot   active         6       2         200/40  $0.2000",
    "  left: $0 of $0.3000/day, 41 of 60 req/min",
    "(operator)  other",
    "(no key)    other",
    "",
    "Since the relay's start",
    "key         requests  client  provider  relay  tokens in/out     cost",
    "voice-bot         27       1         0      0     31200/2080  $0.3198",
    "  refused: budget-day 1",
    "(operator)        14       0         0      0     16800/1120  $0.1722",
    "(no key)           1       1         0      0            0/0       $0",
  ]);
});

test("without keys, it says how to create one", () => {
  expect(describeKeysNow([], createScreen({}, undefined))).toContain("keys create NAME");
});
