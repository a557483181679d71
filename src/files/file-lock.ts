/** A lock between processes. The operating system releases it when its holder ends, even by a crash. */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseSync } from "node:sqlite";

/** Longest wait for the lock. A holder reads and writes one small file, which takes far less. */
const waitMs = 5000;
const pauseMs = 20;
/** SQLite's `SQLITE_BUSY`: another connection has the lock. */
const busy = 5;

/**
 * Runs a function while no other process runs one under the same lock. The lock is an exclusive transaction on an empty
 * SQLite database.
 * @param path the database's file, which is created and stays.
 * @param guarded what the lock guards, for the error message.
 * @throws Error if others hold the lock for five seconds.
 */
export async function withFileLock<T>(
  path: string,
  guarded: string,
  run: () => Promise<T>,
): Promise<T> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  using database = new DatabaseSync(path, { timeout: 0 });
  const untilMs = performance.now() + waitMs;
  while (!tryLock(database)) {
    if (performance.now() >= untilMs) {
      throw new Error(`another command is changing ${guarded}: try again when it has finished`);
    }
    await sleep(pauseMs);
  }
  return await run();
}

function tryLock(database: DatabaseSync): boolean {
  try {
    // In memory, because a journal file would serve no purpose: nothing is written to the database.
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    if (error instanceof Error && "errcode" in error && error.errcode === busy) {
      return false;
    }
    throw error;
  }
}
