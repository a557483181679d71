/** One process at a time: a lock that ends with the process that holds it, however that ends. */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseSync } from "node:sqlite";

/** A holder reads and writes one small file. */
const waitMs = 5000;
const pauseMs = 20;
/** SQLite's `SQLITE_BUSY`: another connection has the lock. */
const busy = 5;

/**
 * Runs something while no other process does so. The lock is the operating system's, taken by way of an empty SQLite database.
 * @param path of the lock's own file, which stays.
 * @throws Error when others hold the lock for five seconds.
 */
export async function withFileLock<T>(path: string, run: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  using database = new DatabaseSync(path, { timeout: 0 });
  const untilMs = performance.now() + waitMs;
  while (!lock(database)) {
    if (performance.now() >= untilMs) {
      throw new Error("another command is changing the keys: try again when it has ended");
    }
    await sleep(pauseMs);
  }
  return await run();
}

function lock(database: DatabaseSync): boolean {
  try {
    // The lock alone is wanted: no journal beside it.
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    if (error instanceof Error && "errcode" in error && error.errcode === busy) {
      return false;
    }
    throw error;
  }
}
