/** Usage of virtual keys by key, agent and model: in total, this month and today. In memory only. */
import type { TokenUsage } from "../answer/token-usage.ts";
import type { Spending } from "./limiter.ts";

export interface Totals extends TokenUsage {
  readonly requests: number;
  readonly errors: number;
  readonly costUsd: number;
}

/** The key of a row: usage is counted by key, agent and model. */
export interface LedgerAccount {
  readonly keyId: string;
  readonly agent: string;
  /** `provider/model`; empty for requests that reached no model. */
  readonly model: string;
}

export interface Periods {
  readonly total: Totals;
  /** Since the first of the month, UTC. */
  readonly month: Totals;
  /** Since midnight UTC. */
  readonly today: Totals;
}

interface LedgerRow extends LedgerAccount, Periods {}

/** The whole ledger, as stored in the file. */
export interface LedgerState {
  readonly version: 2;
  /** The day of `today`, such as `2026-11-20`, UTC. */
  readonly day: string;
  readonly rows: readonly LedgerRow[];
}

export interface Ledger {
  /** Counts a finished request. */
  count(account: LedgerAccount, request: { readonly failed: boolean }): void;
  /** Adds the usage and the cost of a model call. */
  book(account: LedgerAccount, usage: TokenUsage, costUsd: number): void;
  spending(keyId: string): Spending;
  /** The rows of one key. */
  rowsOf(keyId: string): readonly LedgerRow[];
  state(): LedgerState;
  /** Replaces the ledger's content by a stored state. Call it before anything is counted. */
  restore(state: LedgerState): void;
  /** Number of changes so far. A writer compares it to know whether there is something to write. */
  readonly changes: number;
}

export interface LedgerOptions {
  /** Whether a key with this id still exists. */
  readonly hasKey?: (keyId: string) => boolean;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Beyond this many rows, new accounts of a key are counted in one common row of that key. */
const maxRows = 10_000;
const otherModels = "(others)";
/** A key's row for agents and models that it did not use on the last day. */
const earlier = "(earlier)";
/** The row for keys that no longer exist. */
const revoked: LedgerAccount = { keyId: "", agent: "", model: "(revoked keys)" };

const zero: Totals = {
  requests: 0,
  errors: 0,
  tokensIn: 0,
  tokensOut: 0,
  tokensCached: 0,
  tokensCacheWrite: 0,
  costUsd: 0,
};

export function createLedger(options: LedgerOptions = {}): Ledger {
  const { hasKey = () => true, now = Date.now } = options;
  let rows = new Map<string, LedgerRow>();
  let spent = new Map<string, { readonly todayUsd: number; readonly monthUsd: number }>();
  let day = dayOf(now());
  let dayEndsAtMs = endOfDay(now());
  let monthEndsAtMs = endOfMonth(now());
  let changes = 0;

  const put = (row: LedgerRow) => {
    rows.set(idOf(row), row);
    const { todayUsd, monthUsd } = spent.get(row.keyId) ?? { todayUsd: 0, monthUsd: 0 };
    spent.set(row.keyId, {
      todayUsd: todayUsd + row.today.costUsd,
      monthUsd: monthUsd + row.month.costUsd,
    });
  };
  /** Replaces all rows. Rows of an earlier day are carried over to the current one. */
  const replace = (from: Iterable<LedgerRow>, lastDay: string) => {
    const carried = [...from];
    rows = new Map();
    spent = new Map();
    for (const row of lastDay === day ? carried : nextDay(carried, isSameMonth(lastDay, day))) {
      put(row);
    }
  };
  const nextDay = (from: readonly LedgerRow[], sameMonth: boolean): Iterable<LedgerRow> => {
    const next = new Map<string, LedgerRow>();
    for (const row of from) {
      const month = sameMonth ? row.month : zero;
      const account = isUnused(row.today) ? foldedAccount(row, month) : row;
      const { keyId, agent, model } = account;
      const known = next.get(idOf(account));
      next.set(idOf(account), {
        keyId,
        agent,
        model,
        total: known === undefined ? row.total : sum(known.total, row.total),
        month: known === undefined ? month : sum(known.month, month),
        today: zero,
      });
    }
    return next.values();
  };
  /** A missing key keeps its row until the month ends: if the key comes back, its budget must not start again. */
  const foldedAccount = ({ keyId }: LedgerRow, month: Totals): LedgerAccount =>
    hasKey(keyId) || !isUnused(month) ? { keyId, agent: "", model: earlier } : revoked;

  const beginDay = () => {
    const nowMs = now();
    if (nowMs >= dayEndsAtMs) {
      const lastDay = day;
      day = dayOf(nowMs);
      dayEndsAtMs = endOfDay(nowMs);
      monthEndsAtMs = endOfMonth(nowMs);
      replace(rows.values(), lastDay);
    }
    return nowMs;
  };
  const add = (account: LedgerAccount, more: Totals) => {
    beginDay();
    changes += 1;
    const id = idOf(account);
    const known = rows.get(id);
    const { keyId } = account;
    if (known !== undefined || rows.size < maxRows) {
      rows.set(id, increased(known ?? unused(account), more));
    } else {
      const others = { keyId, agent: "", model: otherModels };
      rows.set(idOf(others), increased(rows.get(idOf(others)) ?? unused(others), more));
    }
    if (more.costUsd !== 0 || !spent.has(keyId)) {
      const { todayUsd, monthUsd } = spent.get(keyId) ?? { todayUsd: 0, monthUsd: 0 };
      spent.set(keyId, { todayUsd: todayUsd + more.costUsd, monthUsd: monthUsd + more.costUsd });
    }
  };

  return {
    count: (account, { failed }) => add(account, { ...zero, requests: 1, errors: failed ? 1 : 0 }),
    book: (account, usage, costUsd) => add(account, { ...zero, ...usage, costUsd }),
    spending(keyId) {
      const nowMs = beginDay();
      const { todayUsd, monthUsd } = spent.get(keyId) ?? { todayUsd: 0, monthUsd: 0 };
      return { todayUsd, monthUsd, nowMs, dayEndsAtMs, monthEndsAtMs };
    },
    rowsOf(keyId) {
      beginDay();
      return [...rows.values()].filter((row) => row.keyId === keyId);
    },
    state() {
      beginDay();
      return { version: 2, day, rows: [...rows.values()] };
    },
    restore(state) {
      beginDay();
      replace(state.rows, state.day);
    },
    get changes() {
      return changes;
    },
  };
}

/** The lengths keep different accounts apart: a model's id may contain anything. */
function idOf({ keyId, agent, model }: LedgerAccount): string {
  return `${keyId.length} ${agent.length} ${keyId}${agent}${model}`;
}

function unused({ keyId, agent, model }: LedgerAccount): LedgerRow {
  return { keyId, agent, model, total: zero, month: zero, today: zero };
}

function increased(row: LedgerRow, more: Totals): LedgerRow {
  const { keyId, agent, model } = row;
  return {
    keyId,
    agent,
    model,
    total: sum(row.total, more),
    month: sum(row.month, more),
    today: sum(row.today, more),
  };
}

function isUnused({ requests, tokensIn, tokensOut, costUsd }: Totals): boolean {
  return requests === 0 && tokensIn === 0 && tokensOut === 0 && costUsd === 0;
}

const dayMs = 24 * 3_600_000;

function endOfDay(nowMs: number): number {
  return (Math.floor(nowMs / dayMs) + 1) * dayMs;
}

function endOfMonth(nowMs: number): number {
  const now = new Date(nowMs);
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
}

function dayOf(nowMs: number): string {
  return new Date(nowMs).toISOString().slice(0, 10);
}

/** @param a and b days, such as `2026-11-20`. */
function isSameMonth(a: string, b: string): boolean {
  return a.slice(0, 7) === b.slice(0, 7);
}

/** Adds up rows. */
export function periodsOf(rows: readonly Periods[]): Periods {
  return {
    today: rows.map(({ today }) => today).reduce(sum, zero),
    month: rows.map(({ month }) => month).reduce(sum, zero),
    total: rows.map(({ total }) => total).reduce(sum, zero),
  };
}

function sum(a: Totals, b: Totals): Totals {
  return {
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    tokensIn: a.tokensIn + b.tokensIn,
    tokensOut: a.tokensOut + b.tokensOut,
    tokensCached: a.tokensCached + b.tokensCached,
    tokensCacheWrite: a.tokensCacheWrite + b.tokensCacheWrite,
    costUsd: a.costUsd + b.costUsd,
  };
}
