/** Counts what a gateway has on disk: files by their size, tables of its databases by their rows. */
import { copyFile, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";

export interface DiskUse {
  /** Bytes by path, relative to the folder. */
  readonly files: ReadonlyMap<string, number>;
  /** Rows by `path:table`. */
  readonly tables: ReadonlyMap<string, number>;
}

/** Reads a folder; the databases in it may be in use. */
export async function measureDisk(folder: string): Promise<DiskUse> {
  const files = new Map<string, number>();
  const tables = new Map<string, number>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile()) {
      continue;
    }
    // A file may go between the listing and the look at it.
    const size = await stat(path).then(
      (found) => found.size,
      () => undefined,
    );
    if (size === undefined) {
      continue;
    }
    files.set(relative(folder, path), size);
    if (path.endsWith(".sqlite")) {
      for (const [table, rows] of await countRows(path)) {
        tables.set(`${relative(folder, path)}:${table}`, rows);
      }
    }
  }
  return { files, tables };
}

/**
 * Counts in a copy of the database and its write-ahead log: the gateway holds the original under an exclusive lock. A
 * copy that was taken in the middle of a write is taken again.
 */
async function countRows(path: string): Promise<[table: string, rows: number][]> {
  for (let tries = 1; ; tries += 1) {
    const folder = await mkdtemp(join(tmpdir(), "openclaw-passthrough-disk-"));
    const copy = join(folder, "copy.sqlite");
    try {
      await copyFile(path, copy);
      await copyFile(`${path}-wal`, `${copy}-wal`).catch(() => undefined);
      return countRowsIn(copy);
    } catch (error) {
      if (tries === 5) {
        throw error;
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

function countRowsIn(path: string): [table: string, rows: number][] {
  const database = new DatabaseSync(path);
  try {
    return database
      .prepare(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'",
      )
      .all()
      .map(({ name }) => {
        const quoted = String(name).replaceAll('"', '""');
        const row = database.prepare(`SELECT count(*) AS rows FROM "${quoted}"`).get();
        return [String(name), Number(row?.["rows"])];
      });
  } finally {
    database.close();
  }
}

/** Whatever a gateway still writes after its start is over when two looks in a row are the same. */
export async function restingDisk(folder: string): Promise<DiskUse> {
  let before = await measureDisk(folder);
  for (;;) {
    await sleep(2000);
    const now = await measureDisk(folder);
    const { files, tables } = diskGrowth(before, now);
    if (total(files) === 0 && total(tables) === 0) {
      return now;
    }
    before = now;
  }
}

/** What is more in `after` than in `before`: bytes of files, rows of tables. */
export function diskGrowth(
  before: DiskUse,
  after: DiskUse,
): { files: Record<string, number>; tables: Record<string, number> } {
  return { files: growth(before.files, after.files), tables: growth(before.tables, after.tables) };
}

function growth(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Record<string, number> {
  const grown: Record<string, number> = {};
  for (const [name, size] of after) {
    const more = size - (before.get(name) ?? 0);
    if (more > 0 || !before.has(name)) {
      grown[name] = more;
    }
  }
  return grown;
}

/** The sum of a growth's values. */
export function total(grown: Readonly<Record<string, number>>): number {
  return Object.values(grown).reduce((sum, more) => sum + more, 0);
}
