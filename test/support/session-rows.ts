/** Reads the rows of each session in an agent's database. The gateway may be running. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** All rows, as text, by session key. */
export type SessionRows = ReadonlyMap<string, readonly string[]>;

export function agentDatabase(stateFolder: string, agentId: string): string {
  return join(stateFolder, "agents", agentId, "agent", "openclaw-agent.sqlite");
}

/** The rows of every table that references a session by key or id.
 * @param sessionIds by key; may include removed sessions. */
export function readSessionRows(
  databasePath: string,
  sessionIds: ReadonlyMap<string, string> = readSessionIds(databasePath),
): SessionRows {
  using database = new DatabaseSync(databasePath, { readOnly: true });
  const tables = database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
    .all()
    .map(({ name }) => String(name));
  const rows = new Map<string, string[]>([...sessionIds.keys()].map((key) => [key, []]));
  for (const table of tables) {
    const columns = new Set(
      database
        .prepare(`PRAGMA table_info("${table}")`)
        .all()
        .map(({ name }) => String(name)),
    );
    for (const [column, byKey] of [
      ["session_key", true],
      ["session_id", false],
      ["current_session_id", false],
    ] as const) {
      if (!columns.has(column)) {
        continue;
      }
      const select = database.prepare(`SELECT * FROM "${table}" WHERE "${column}" = ?`);
      for (const [key, id] of sessionIds) {
        const found = select.all(byKey ? key : id);
        rows.get(key)?.push(...found.map((row) => `${table} ${JSON.stringify(row)}`));
      }
    }
  }
  return rows;
}

/** The id of each existing session, by its key. */
export function readSessionIds(databasePath: string): ReadonlyMap<string, string> {
  using database = new DatabaseSync(databasePath, { readOnly: true });
  return new Map(
    database
      .prepare("SELECT session_key, current_session_id FROM session_nodes ORDER BY session_key")
      .all()
      .map((row) => [String(row["session_key"]), String(row["current_session_id"])]),
  );
}
