/** How much a session takes in its agent's database. The host has no function that tells; it is only read here. */
import { DatabaseSync } from "node:sqlite";

/** Tables and columns as in openclaw 2026.9.6. `octet_length` reads a row's header, not its content. */
const bytesOfSession = `
  SELECT octet_length(node.entry_json)
    + (SELECT coalesce(sum(ifnull(octet_length(event_json), 0) + ifnull(octet_length(event_zstd), 0)), 0)
       FROM transcript_events WHERE session_id = node.current_session_id)
    + (SELECT coalesce(sum(octet_length(event_json)), 0)
       FROM trajectory_runtime_events WHERE session_id = node.current_session_id) AS bytes
  FROM session_nodes AS node WHERE node.session_key = ?`;

/**
 * Sums up the entry, the transcript and the trajectory of each session. Indexes come on top, so that this is less than
 * what is freed.
 * @param databasePath must exist.
 * @returns bytes by session key; undefined when the database is not as it is known here.
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
