/** What virtual keys have used: by key, agent and model, in all and today. Memory only. */
import type { TokenUsage } from "../chat/token-usage.ts";

interface Totals extends TokenUsage {
  readonly requests: number;
  readonly errors: number;
  readonly costUsd: number;
}

/** What is counted together. */
interface LedgerAccount {
  readonly keyId: string;
  readonly agent: string;
  /** `provider/model`; empty for requests that reached none. */
  readonly model: string;
}

interface LedgerRow extends LedgerAccount {
  readonly total: Totals;
  /** Since midnight UTC. */
  readonly today: Totals;
}

/** All that is known, as it is kept in a file. */
export interface LedgerState {
  readonly version: 1;
  /** The day of `today`, such as `2026-11-20`, UTC. */
  readonly day: string;
  readonly rows: readonly LedgerRow[];
}

interface Entry extends TokenUsage {
  readonly failed: boolean;
  readonly costUsd: number;
}

export interface Ledger {
  add(account: LedgerAccount, entry: Entry): void;
  spentTodayUsd(keyId: string): number;
  state(): LedgerState;
  /** Takes what was kept, before anything is added. */
  restore(state: LedgerState): void;
  /** Counts the changes, so that it is known whether there is something to keep. */
  readonly changes: number;
}

/** Further accounts are counted as one of their key: a key's holder must not fill the memory with names. */
const maxRows = 10_000;
const otherModels = "(others)";

const zero: Totals = {
  requests: 0,
  errors: 0,
  tokensIn: 0,
  tokensOut: 0,
  tokensCached: 0,
  costUsd: 0,
};

/** @param now milliseconds since the epoch. */
export function createLedger(now: () => number = Date.now): Ledger {
  const rows = new Map<string, LedgerRow>();
  const spent = new Map<string, number>();
  let day = dayOf(now());
  let dayEndsMs = endOfDay(now());
  let changes = 0;

  const beginDay = () => {
    const nowMs = now();
    if (nowMs >= dayEndsMs) {
      day = dayOf(nowMs);
      dayEndsMs = endOfDay(nowMs);
      spent.clear();
      for (const [id, row] of rows) {
        rows.set(id, { ...row, today: zero });
      }
    }
  };
  const put = (row: LedgerRow) => {
    rows.set(JSON.stringify([row.keyId, row.agent, row.model]), row);
    spent.set(row.keyId, 0);
  };

  return {
    add(account, entry) {
      beginDay();
      changes += 1;
      const known = rows.get(JSON.stringify([account.keyId, account.agent, account.model]));
      const isOther = known === undefined && rows.size >= maxRows;
      const named = isOther ? { keyId: account.keyId, agent: "", model: otherModels } : account;
      const id = JSON.stringify([named.keyId, named.agent, named.model]);
      const row = known ?? rows.get(id) ?? { ...named, total: zero, today: zero };
      rows.set(id, { ...row, total: plus(row.total, entry), today: plus(row.today, entry) });
      spent.set(named.keyId, (spent.get(named.keyId) ?? 0) + entry.costUsd);
    },
    spentTodayUsd(keyId) {
      beginDay();
      return spent.get(keyId) ?? 0;
    },
    state() {
      beginDay();
      return { version: 1, day, rows: [...rows.values()] };
    },
    restore(state) {
      const isToday = state.day === day;
      for (const row of state.rows) {
        put(isToday ? row : { ...row, today: zero });
      }
      for (const row of isToday ? state.rows : []) {
        spent.set(row.keyId, (spent.get(row.keyId) ?? 0) + row.today.costUsd);
      }
    },
    get changes() {
      return changes;
    },
  };
}

const dayMs = 24 * 3_600_000;

function endOfDay(nowMs: number): number {
  return (Math.floor(nowMs / dayMs) + 1) * dayMs;
}

function dayOf(nowMs: number): string {
  return new Date(nowMs).toISOString().slice(0, 10);
}

function plus(totals: Totals, entry: Entry): Totals {
  return {
    requests: totals.requests + 1,
    errors: totals.errors + (entry.failed ? 1 : 0),
    tokensIn: totals.tokensIn + entry.tokensIn,
    tokensOut: totals.tokensOut + entry.tokensOut,
    tokensCached: totals.tokensCached + entry.tokensCached,
    costUsd: totals.costUsd + entry.costUsd,
  };
}
