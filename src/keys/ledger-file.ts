/** Keeps the ledger in one small file, behind the requests. */
import { Type } from "@sinclair/typebox";
import { readJsonFile, writeJsonFile } from "./json-file.ts";
import type { Ledger, LedgerState } from "./ledger.ts";

export interface LedgerFile {
  /** Reads what was kept. A file that is not ours is left alone, and nothing is written over it. */
  open(): Promise<void>;
  /** Writes what has changed since the last time, if anything has. */
  flush(): Promise<void>;
}

const count = Type.Number({ minimum: 0 });
const totals = Type.Object({
  requests: count,
  errors: count,
  tokensIn: count,
  tokensOut: count,
  tokensCached: count,
  costUsd: count,
});
const stateSchema = Type.Object({
  version: Type.Literal(1),
  day: Type.String(),
  rows: Type.Array(
    Type.Object({
      keyId: Type.String(),
      agent: Type.String(),
      model: Type.String(),
      total: totals,
      today: totals,
    }),
  ),
});

/** @returns undefined where there is no file yet. @throws Error for a file that is not the ledger's. */
export function readLedgerFile(path: string): Promise<LedgerState | undefined> {
  return readJsonFile(path, stateSchema, "the usage of virtual keys");
}

/** @param path is replaced as a whole, so that a reader finds the old state or the new one. */
export function createLedgerFile(ledger: Ledger, path: () => string): LedgerFile {
  let kept: number | undefined;
  let writing: Promise<void> = Promise.resolve();
  const write = async () => {
    if (kept === undefined || kept === ledger.changes) {
      return;
    }
    const { changes } = ledger;
    await writeJsonFile(path(), ledger.state());
    kept = changes;
  };
  return {
    async open() {
      const state = await readLedgerFile(path());
      if (state !== undefined) {
        ledger.restore(state);
      }
      kept = ledger.changes;
    },
    flush() {
      writing = writing.catch(() => undefined).then(write);
      return writing;
    },
  };
}
