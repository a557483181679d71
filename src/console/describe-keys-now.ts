/** The virtual keys with what is left of their limits, from the running gateway, and today's use, from the files. Pure. */
import type { KeyLine } from "../control/keys.ts";
import { table } from "../control/table.ts";
import type { KeyLimitView, KeyUseView } from "../telemetry/views.ts";
import type { RelayStatus } from "./ask.ts";
import { describeLimits, keyName, tokens } from "./describe-status.ts";
import { withDetails, wrapped } from "./layout.ts";
import type { Screen } from "./screen.ts";
import { count, money, name } from "../control/units.ts";

/** What a key has used since midnight UTC. */
interface UsedToday {
  readonly requests: number;
  readonly errors: number;
  readonly tokensIn: number;
  readonly tokensOut: number;
  readonly costUsd: number;
}

export interface KeyNow {
  readonly key: string;
  /** `gone`: deleted, but used since the gateway's relay started. */
  readonly state: KeyLine["state"] | "gone" | "other";
  /** RFC 3339; null for a key that does not expire. */
  readonly expiresAt: string | null;
  /** What the running gateway has counted; null for a key that was not used since its relay started. */
  readonly live: KeyUseView | null;
  /** Empty for a key without limits, and for operators. */
  readonly limits: readonly KeyLimitView[];
  /** Null for operators, of whom no books are kept. */
  readonly today: UsedToday | null;
}

const nothing: UsedToday = { requests: 0, errors: 0, tokensIn: 0, tokensOut: 0, costUsd: 0 };

/** Those that spent most today come first. */
export function keysNow(
  lines: readonly KeyLine[],
  { keys: live, at }: Pick<RelayStatus, "keys" | "at">,
): readonly KeyNow[] {
  const byName = new Map(live.map((view) => [view.key, view]));
  const known = lines.map((line): KeyNow => {
    const view = line.state === "ignored" ? undefined : byName.get(line.name);
    return {
      key: line.name,
      state: line.state,
      expiresAt: line.key.expiresAt ?? null,
      live: view ?? null,
      limits: view?.limits ?? unusedLimits(line, new Date(Date.parse(at) || 0)),
      today: line.usage.reduce((sum, { today }) => added(sum, today), nothing),
    };
  });
  const names = new Set(lines.map((line) => line.name));
  const others = live
    .filter(({ key }) => !names.has(key))
    .map((view): KeyNow => ({
      key: view.key,
      state: isKeyName(view.key) ? "gone" : "other",
      expiresAt: null,
      live: view,
      limits: view.limits,
      today: null,
    }));
  const spent = ({ today }: KeyNow) => today?.costUsd ?? 0;
  return [...known.toSorted((a, b) => spent(b) - spent(a)), ...others];
}

/** Operators, callers without a key and `other` are counted under names that no key can have, but for the last. */
function isKeyName(key: string): boolean {
  return key !== "" && key !== "other" && !key.startsWith("(");
}

/** The limits of a key that was not used since the relay's start: the files have what it spent before. */
function unusedLimits({ key, usage }: KeyLine, now: Date): readonly KeyLimitView[] {
  const { requestsPerMinute, tokensPerMinute, maxConcurrent } = key;
  const { budgetUsdPerDay, budgetUsdPerMonth } = key;
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  const todayUsd = usage.reduce((sum, { today }) => sum + today.costUsd, 0);
  const monthUsd = usage.reduce((sum, account) => sum + account.month.costUsd, 0);
  return (
    [
      ["requests", requestsPerMinute, 0, now.getTime()],
      ["tokens", tokensPerMinute, 0, now.getTime()],
      ["concurrency", maxConcurrent, 0, now.getTime()],
      ["budget-day", budgetUsdPerDay, todayUsd, Date.UTC(year, month, day + 1)],
      ["budget-month", budgetUsdPerMonth, monthUsd, Date.UTC(year, month + 1)],
    ] as const
  ).flatMap(([limitName, limit, used, resetAtMs]) =>
    limit === undefined
      ? []
      : [
          {
            name: limitName,
            limit,
            remaining: Math.max(0, limit - used),
            resetAt: new Date(resetAtMs).toISOString(),
          },
        ],
  );
}

function added(a: UsedToday, b: UsedToday): UsedToday {
  return {
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    tokensIn: a.tokensIn + b.tokensIn,
    tokensOut: a.tokensOut + b.tokensOut,
    costUsd: a.costUsd + b.costUsd,
  };
}

/** @returns lines without a final line feed. */
export function describeKeysNow(keys: readonly KeyNow[], screen: Screen): string {
  if (keys.length === 0) {
    return "There are no virtual keys. `openclaw passthrough keys create NAME` creates one.";
  }
  const { width, paint } = screen;
  const [header = "", ...rows] = table(
    [
      ["key", "state", "requests", "errors", "tokens in/out", "cost"],
      ...keys.map(({ key, state, today }) => [
        keyName(key),
        state === "active" ? "active" : paint(state === "other" ? "dim" : "yellow", name(state)),
        ...(today === null
          ? ["", "", "", ""]
          : [count(today.requests), count(today.errors), tokens(today), money(today.costUsd)]),
      ]),
    ],
    { width, left: [0, 1], flexible: [0] },
  );
  return [
    paint("bold", "Used today (UTC); the files are updated every few seconds"),
    paint("dim", header),
    ...withDetails(
      rows,
      keys.map(({ state, limits }) => (state === "active" ? describeLimits(limits, screen) : [])),
    ),
    "",
    ...sinceStart(keys, screen),
  ].join("\n");
}

function sinceStart(keys: readonly KeyNow[], { width, paint }: Screen): readonly string[] {
  const used = keys.flatMap(({ key, live }) => (live === null ? [] : [{ key, live }]));
  if (used.length === 0) {
    return ["No key was used since the relay's start."];
  }
  const [header = "", ...rows] = table(
    [
      ["key", "requests", "client", "provider", "relay", "tokens in/out", "cost"],
      ...used.map(({ key, live }) => [
        keyName(key),
        count(live.requests),
        count(live.clientErrors),
        count(live.providerErrors),
        count(live.relayErrors),
        tokens(live),
        money(live.costUsd),
      ]),
    ],
    { width },
  );
  return [
    paint("bold", "Since the relay's start"),
    paint("dim", header),
    ...withDetails(
      rows,
      used.map(({ live }) => describeRefusals(live, width)),
    ),
  ];
}

function describeRefusals({ refusals }: KeyUseView, width: number): readonly string[] {
  const words = Object.entries(refusals).map(([limit, times]) => `${name(limit)} ${count(times)}`);
  return words.length === 0
    ? []
    : wrapped(`refused: ${words.join(", ")}`, width - 2, 9).map((line) => `  ${line}`);
}
