/** Measures a gateway's disk use: the size of files, and the rows of database tables. */
import { copyFile, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
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

/** Measures a folder; its databases may be in use. */
export async function measureDisk(folder: string): Promise<DiskUse> {
  const files = new Map<string, number>();
  const tables = new Map<string, number>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile()) {
      continue;
    }
    // A file may disappear after the listing.
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

/** The paths of all files that contain a text, relative to the folder. */
export async function filesContaining(folder: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    // A file may disappear after the listing.
    const bytes = entry.isFile() ? await readFile(path).catch(() => undefined) : undefined;
    if (bytes?.includes(text) === true) {
      found.push(relative(folder, path));
    }
  }
  return found;
}

/**
 * Counts in a copy of the database and its write-ahead log, because the gateway locks the original exclusively. If the
 * copy was taken during a write, it copies again.
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

/** Waits until two measurements in a row are equal: the gateway has then finished writing after its start. */
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

/** The growth from `before` to `after`: bytes of files, rows of tables. */
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

/** The sum of all growth values. */
export function total(grown: Readonly<Record<string, number>>): number {
  return Object.values(grown).reduce((sum, more) => sum + more, 0);
}
