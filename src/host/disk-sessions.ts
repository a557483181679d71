/**
 * Deletes sessions on hosts that keep all sessions on disk (up to 2026.7.35). There a session is an entry in the agent's
 * `sessions.json`, plus files in the same folder whose names begin with the session's id.
 */
import { readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { OpenClawConfig } from "openclaw/plugin-sdk/plugin-entry";
import { resolveStorePath } from "openclaw/plugin-sdk/session-store-runtime";
import { optionalSdk } from "./optional-sdk.ts";

interface StoredEntry {
  readonly sessionId?: string | undefined;
}

/** Deletes a session with its transcript and its trajectory. @returns false if there was none. */
export async function deleteDiskSession(
  config: OpenClawConfig,
  agentId: string,
  sessionKey: string,
): Promise<boolean> {
  const { updateSessionStore } = optionalSdk.sessionStoreRuntime();
  if (updateSessionStore === undefined) {
    throw new Error("this host cannot delete a session on disk");
  }
  const storePath = resolveStorePath(config.session?.store, { agentId });
  const entry = await updateSessionStore(
    storePath,
    (store): StoredEntry | undefined => {
      const found = Object.hasOwn(store, sessionKey) ? store[sessionKey] : undefined;
      delete store[sessionKey];
      return found;
    },
    { skipMaintenance: true },
  );
  if (entry === undefined) {
    return false;
  }
  if (entry.sessionId) {
    await removeFiles(dirname(storePath), entry.sessionId);
  }
  return true;
}

/** Removes the files of one session, such as `<id>.jsonl` and `<id>.trajectory.jsonl`. */
async function removeFiles(folder: string, sessionId: string): Promise<void> {
  const names = await readdir(folder);
  const files = names.filter((name) => name.startsWith(`${sessionId}.`));
  await Promise.all(files.map((name) => rm(join(folder, name), { force: true })));
}
