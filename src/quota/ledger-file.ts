/** Stores the ledger in one small file, outside of requests. */
import { join } from "node:path";
import { type Static, Type } from "@sinclair/typebox";
import { readJsonFile, writeJsonFile } from "../files/json-file.ts";
import type { Ledger, LedgerState } from "./ledger.ts";

/** Relative to the host's state folder. */
export const ledgerPath = join("passthrough", "usage.json");

export interface LedgerFile {
  /** Reads the file. @throws Error if it cannot be read or holds something else; `flush` then never writes. */
  open(): Promise<void>;
  /** Writes the ledger if it has changed since the last write. */
  flush(): Promise<void>;
  /** Why usage is not stored now, as the end of a sentence; undefined if it is. */
  problem(): string | undefined;
}

const count = Type.Number({ minimum: 0 });
const totalsV1 = Type.Object({
  requests: count,
  errors: count,
  tokensIn: count,
  tokensOut: count,
  tokensCached: count,
  costUsd: count,
});
const totals = Type.Composite([totalsV1, Type.Object({ tokensCacheWrite: count })]);
const account = { keyId: Type.String(), agent: Type.String(), model: Type.String() };
const stateSchema = Type.Object({
  version: Type.Literal(2),
  day: Type.String(),
  rows: Type.Array(Type.Object({ ...account, total: totals, month: totals, today: totals })),
});
/** Format of version 0.1.0: without months and cache writes. */
const schemaV1 = Type.Object({
  version: Type.Literal(1),
  day: Type.String(),
  rows: Type.Array(Type.Object({ ...account, total: totalsV1, today: totalsV1 })),
});
const fileSchema = Type.Union([stateSchema, schemaV1]);

function counted(sums: Static<typeof totalsV1>) {
  return { ...sums, tokensCacheWrite: 0 };
}

function upgrade({ day, rows }: Static<typeof schemaV1>): LedgerState {
  return {
    version: 2,
    day,
    rows: rows.map(({ total, today, ...row }) => ({
      ...row,
      total: counted(total),
      month: counted(today),
      today: counted(today),
    })),
  };
}

/** @returns undefined if there is no file yet. @throws Error if the file cannot be read or holds something else. */
export async function readLedgerFile(path: string): Promise<LedgerState | undefined> {
  const state = await readJsonFile(path, fileSchema, "the usage of virtual keys");
  return state?.version === 1 ? upgrade(state) : state;
}

/** @param path returns the file's path. The file is replaced atomically: a reader sees either the old or the new state. */
export function createLedgerFile(ledger: Ledger, path: () => string): LedgerFile {
  let writtenChanges: number | undefined;
  let writing: Promise<void> = Promise.resolve();
  let problem: string | undefined;
  /** Keeps the reason of a failure until the next success. */
  const noting = async (operation: () => Promise<void>) => {
    try {
      await operation();
      problem = undefined;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
      throw error;
    }
  };
  const write = async () => {
    if (writtenChanges === undefined || writtenChanges === ledger.changes) {
      return;
    }
    const { changes } = ledger;
    await noting(() => writeJsonFile(path(), ledger.state()));
    writtenChanges = changes;
  };
  return {
    open: () =>
      noting(async () => {
        const state = await readLedgerFile(path());
        if (state !== undefined) {
          ledger.restore(state);
        }
        writtenChanges = ledger.changes;
      }),
    problem: () => problem,
    flush() {
      writing = writing.catch(() => undefined).then(write);
      return writing;
    },
  };
}
