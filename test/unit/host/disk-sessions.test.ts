import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { deleteMemorySession } from "../../../src/host/memory-sessions.ts";

// As on host 2026.7.35: no in-memory sessions, and one JSON file for all sessions of an agent.
vi.mock("openclaw/plugin-sdk/routing", async (original) => ({
  ...(await original<object>()),
  isIncognitoSessionKey: undefined,
}));
vi.mock("openclaw/plugin-sdk/session-store-runtime", () => ({
  deleteSessionEntry: undefined,
  resolveStorePath: (store: string) => store,
  updateSessionStore: async (path: string, change: (store: object) => unknown) => {
    const store = JSON.parse(await readFile(path, "utf8"));
    const result = change(store);
    await writeFile(path, JSON.stringify(store));
    return result;
  },
}));

const ours = "agent:ada:dashboard:incognito-1";
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "openclaw-passthrough-disk-sessions-"));
  const store = { [ours]: { sessionId: "id-1" }, "agent:ada:main": { sessionId: "id-10" } };
  await writeFile(join(folder, "sessions.json"), JSON.stringify(store));
  for (const name of ["id-1.jsonl", "id-1.trajectory.jsonl", "id-10.jsonl"]) {
    await writeFile(join(folder, name), "{}");
  }
});
afterEach(() => rm(folder, { recursive: true }));

const remove = (sessionKey: string) =>
  deleteMemorySession(
    { stateFolder: folder, config: { session: { store: join(folder, "sessions.json") } } },
    "ada",
    sessionKey,
  );

test("on a host with sessions on disk only, deletes our session with its files and no other", async () => {
  expect(await remove(ours)).toBe(true);
  expect((await readdir(folder)).toSorted()).toEqual(["id-10.jsonl", "sessions.json"]);
  const store = JSON.parse(await readFile(join(folder, "sessions.json"), "utf8"));
  expect(Object.keys(store)).toEqual(["agent:ada:main"]);
  expect(await remove(ours)).toBe(false);
});

test("refuses to delete a session of another kind", async () => {
  await expect(remove("agent:ada:main")).rejects.toThrow("only a session in memory");
  expect(await readdir(folder)).toHaveLength(4);
});
