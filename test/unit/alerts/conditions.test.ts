import { describe, expect, test } from "vitest";
import { type AlertFacts, findingsOf, standardThresholds } from "../../../src/alerts/conditions.ts";
import { clearAfterMs, createAlertWatch } from "../../../src/alerts/watch.ts";
import { settings } from "../../../scripts/settings.ts";

const healthy: AlertFacts = {
  recent: { requests: 1000, failures: 50, fellBack: 200, streams: 1000, firstTokenP99Ms: 10_000 },
  openCircuits: [],
  refusedCredentials: [],
  budgets: [{ key: "ci", limit: "budget-day", usedShare: 0.79 }],
};
const found = (facts: Partial<AlertFacts>, more: Partial<AlertFacts["recent"]> = {}) =>
  findingsOf({ ...healthy, ...facts, recent: { ...healthy.recent, ...more } }, standardThresholds);

describe("the conditions", () => {
  test("do not hold at the thresholds of shares and times", () => {
    expect(found({})).toEqual([]);
  });

  test.each([
    [{ failures: 51 }, "failure_share", 0.051],
    [{ fellBack: 201 }, "fallback_share", 0.201],
    [{ firstTokenP99Ms: 10_001 }, "first_token_p99", 10_001],
  ] as const)("hold above them: %o", (recent, alert, value) => {
    expect(found({}, recent)).toMatchObject([{ alert, value, subject: {} }]);
  });

  test("do not hold for a few requests", () => {
    const few = { requests: 19, failures: 19, fellBack: 19, streams: 19, firstTokenP99Ms: 60_000 };
    expect(found({}, few)).toEqual([]);
    expect(found({}, { ...few, requests: 20 })).toMatchObject([
      { alert: "failure_share" },
      { alert: "fallback_share" },
    ]);
  });

  test("name the key, the circuit, the credential", () => {
    const findings = found({
      budgets: [{ key: "ci", limit: "budget-day", usedShare: 0.8 }],
      openCircuits: ["local/qwen"],
      refusedCredentials: [{ provider: "cloud", source: "p1" }],
    });
    expect(findings).toEqual([
      {
        alert: "budget",
        subject: { key: "ci", limit: "budget-day" },
        value: 0.8,
        threshold: 0.8,
      },
      { alert: "circuit_open", subject: { target: "local/qwen" }, value: 1, threshold: 1 },
      {
        alert: "credential_refused",
        subject: { provider: "cloud", credential: "p1" },
        value: 1,
        threshold: 1,
      },
    ]);
  });

  test("the schema's texts tell the same thresholds", () => {
    const told = settings()
      .filter(({ path }) => path.join(".").startsWith("alerts.thresholds."))
      .map(({ path, hint }) => [path.at(-1), Number(hint?.unset)]);
    expect(Object.fromEntries(told)).toEqual(standardThresholds);
  });
});

describe("the watch", () => {
  const finding = (target: string) => ({
    alert: "circuit_open" as const,
    subject: { target },
    value: 1,
    threshold: 1,
  });

  test("tells that an alert fires once, and that it is resolved once it has been clear for two minutes", () => {
    let nowMs = 0;
    const watch = createAlertWatch(() => nowMs);
    expect(watch.take([finding("a/m1")])).toMatchObject([{ state: "firing" }]);
    nowMs += 60_000;
    expect(watch.take([])).toEqual([]);
    expect(watch.take([finding("a/m1"), finding("a/m2")])).toMatchObject([
      { state: "firing", subject: { target: "a/m2" } },
    ]);
    nowMs += clearAfterMs - 1;
    expect(watch.take([finding("a/m2")])).toEqual([]);
    nowMs += 1;
    expect(watch.take([finding("a/m2")])).toMatchObject([
      { state: "resolved", subject: { target: "a/m1" } },
    ]);
  });

  test("holds a bounded number of alerts", () => {
    const watch = createAlertWatch(() => 0);
    const many = Array.from({ length: 1000 }, (_, at) => finding(`a/m${at}`));
    expect(watch.take(many)).toHaveLength(200);
    expect(watch.take(many)).toEqual([]);
  });
});
