/** Measures sessions in an agent's database. The host offers no function for it, so this reads the tables directly. */
import { DatabaseSync } from "node:sqlite";

/** Tables and columns of openclaw 2026.9.6. `octet_length` reads only a row's header, not its content. */
const bytesOfSession = `
  SELECT octet_length(node.entry_json)
    + (SELECT coalesce(sum(ifnull(octet_length(event_json), 0) + ifnull(octet_length(event_zstd), 0)), 0)
       FROM transcript_events WHERE session_id = node.current_session_id)
    + (SELECT coalesce(sum(octet_length(event_json)), 0)
       FROM trajectory_runtime_events WHERE session_id = node.current_session_id) AS bytes
  FROM session_nodes AS node WHERE node.session_key = ?`;

/**
 * Adds up the entry, the transcript and the trajectory of each session. Indexes are not included, so deleting a session
 * frees more than this.
 * @param databasePath must exist.
 * @returns bytes by session key; undefined if the database cannot be read or has other tables.
 */
export function measureSessions(
  databasePath: string,
  sessionKeys: readonly string[],
): ReadonlyMap<string, number> | undefined {
  try {
    using database = new DatabaseSync(databasePath, { readOnly: true });
    const statement = database.prepare(bytesOfSession);
    return new Map(sessionKeys.map((key) => [key, Number(statement.get(key)?.["bytes"] ?? 0)]));
  } catch {
    return undefined;
  }
}
