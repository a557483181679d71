import { describe, expect, test } from "vitest";
import { describeKey, describeKeys } from "../../../src/control/describe-keys.ts";
import type { KeyLine } from "../../../src/control/keys.ts";

const sums = {
  requests: 12,
  errors: 1,
  tokensIn: 3400,
  tokensOut: 560,
  tokensCached: 100,
  tokensCacheWrite: 0,
  costUsd: 0.12345,
};
const line = (name: string, more: Partial<KeyLine> = {}): KeyLine => ({
  name,
  key: { id: "k1", modes: ["passthrough", "light"] },
  place: "file",
  state: "active",
  usage: [],
  ...more,
});
/** The cells of each line, which are separated by two or more spaces. */
const words = (text: string) => text.split("\n").map((row) => row.trim().split(/ {2,}/));

describe("the list of keys", () => {
  test("says how to create a key if there are none", () => {
    expect(describeKeys([])).toBe(
      "There are no virtual keys. `openclaw passthrough keys create NAME` creates one.",
    );
  });

  test("shows what each key allows, its limits and its expiry", () => {
    const narrow = {
      id: "k2",
      modes: ["agent" as const],
      agents: ["ada", "bob"],
      models: ["local/*"],
      tools: ["read", "memory_search"],
      requestsPerMinute: 60,
      tokensPerMinute: 10_000,
      maxConcurrent: 4,
      budgetUsdPerDay: 2.5,
      expiresAt: "2027-01-31T00:00:00.000Z",
    };
    const rows = words(
      describeKeys([
        line("bot"),
        line("narrow", { key: narrow }),
        line("old", { state: "expired" }),
        line("double", { state: "ignored" }),
      ]),
    );
    expect(rows).toEqual([
      ["name", "agents", "models", "modes", "tools", "limits", "expires"],
      ["bot", "all", "its agents'", "passthrough,light", "none", "none", "never"],
      [
        "narrow",
        "ada,bob",
        "local/*",
        "agent",
        "read,memory_search",
        "60 requests/min, 10000 tokens/min, 4 concurrent, $2.5/day",
        "2027-01-31T00:00",
      ],
      ["old", "all", "its agents'", "passthrough,light", "none", "none", "expired"],
      ["double", "all", "its agents'", "passthrough,light", "none", "none", "ignored"],
      [""],
      ["No key was used today (UTC)."],
    ]);
  });

  test("shows that a key for metrics does nothing else", () => {
    const key = { id: "k1", modes: ["passthrough" as const], metrics: true };
    expect(words(describeKeys([line("prometheus", { key })]))[1]).toEqual([
      "prometheus",
      "none",
      "none",
      "metrics only",
      "none",
      "none",
      "never",
    ]);
    const details = { ...line("prometheus", { key }), limits: {}, today: sums, month: sums };
    const rows = words(describeKey({ ...details, total: sums }));
    expect(rows).toContainEqual(["may", "read GET /passthrough/metrics, and nothing else"]);
    expect(rows.map(([label]) => label)).not.toContain("modes");
  });

  test("shows each key's usage today, by agent and model", () => {
    const usage = [
      { agent: "ada", model: "local/m1", total: sums, month: sums, today: sums },
      { agent: "", model: "", total: sums, month: sums, today: { ...sums, costUsd: 0.00003 } },
    ];
    const rows = words(describeKeys([line("bot", { usage })]));
    expect(rows.slice(-3)).toEqual([
      ["name", "agent", "model", "requests", "errors", "in", "out", "cached", "cost"],
      ["bot", "ada", "local/m1", "12", "1", "3400", "560", "100", "$0.1235"],
      ["bot", "-", "-", "12", "1", "3400", "560", "100", "$0.00003"],
    ]);
  });
});

test("shows all details of a key", () => {
  const limits = {
    requests: { limit: 60 },
    budgetDay: { limit: 2.5, remaining: 2.376, resetAt: "2026-11-22T00:00:00.000Z" },
    budgetMonth: { limit: 20, remaining: 0, resetAt: "2026-12-01T00:00:00.000Z" },
  };
  const key = { id: "k1", modes: ["passthrough" as const], requestsPerMinute: 60 };
  const zero = { ...sums, requests: 0, errors: 0, tokensIn: 0, tokensOut: 0, costUsd: 0 };
  const usage = [{ agent: "ada", model: "local/m1", total: sums, month: sums, today: zero }];
  const text = describeKey({
    ...line("bot", { key, usage, previousValidUntil: "2026-11-21T10:30:00.000Z" }),
    limits,
    today: zero,
    month: sums,
    total: sums,
  });
  expect(words(text)).toEqual([
    ["name", "bot"],
    ["id", "k1"],
    ["stored in", "the file of keys"],
    ["state", "active"],
    ["agents", "all"],
    ["models", "its agents', none by name"],
    ["modes", "passthrough"],
    ["tools", "none"],
    ["limits", "60 requests/min"],
    ["expires", "never"],
    ["old text", "works until 2026-11-21T10:30"],
    [""],
    ["budget per", "limit", "left", "resets (UTC)"],
    ["day", "$2.5000", "$2.3760", "2026-11-22T00:00"],
    ["month", "$20.0000", "$0.0000", "2026-12-01T00:00"],
    [""],
    ["Used (UTC days). A running gateway updates this every few seconds:"],
    ["requests", "errors", "in", "out", "cached", "cost"],
    ["today", "0", "0", "0", "0", "100", "$0.0000"],
    ["this month", "12", "1", "3400", "560", "100", "$0.1235"],
    ["total", "12", "1", "3400", "560", "100", "$0.1235"],
    [""],
    ["Total, by agent and model:"],
    ["agent", "model", "requests", "errors", "in", "out", "cached", "cost"],
    ["ada", "local/m1", "12", "1", "3400", "560", "100", "$0.1235"],
  ]);
});
