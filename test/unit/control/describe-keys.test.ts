import { describe, expect, test } from "vitest";
import { describeKeys } from "../../../src/control/describe-keys.ts";
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
/** Lines of words, however many spaces are between them. */
const words = (text: string) => text.split("\n").map((row) => row.trim().split(/ {2,}/));

describe("keys in words", () => {
  test("say how to make one where there is none", () => {
    expect(describeKeys([])).toBe(
      "There are no virtual keys. `openclaw passthrough keys create NAME` makes one.",
    );
  });

  test("say what each allows, its limits and when it ends", () => {
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
        "60 requests/min, 10000 tokens/min, 4 at once, $2.5/day",
        "2027-01-31T00:00",
      ],
      ["old", "all", "its agents'", "passthrough,light", "none", "none", "expired"],
      ["double", "all", "its agents'", "passthrough,light", "none", "none", "ignored"],
      [""],
      ["None of them was used today (UTC)."],
    ]);
  });

  test("say what each has used today, by agent and model", () => {
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
