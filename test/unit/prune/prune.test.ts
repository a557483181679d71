/** Pruning a store that changes meanwhile. The store is a fake; test/e2e has the real one. */
import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createPrune } from "../../../src/prune/prune.ts";
import type { StoredSessions } from "../../../src/prune/stored-sessions.ts";
import type { StoredSession } from "../../../src/prune/one-shot.ts";

const hourMs = 3_600_000;
const nowMs = 1_800_000_000_000;
const ttlsMs = { "http-one-shot": hourMs };
const key = (agent = "a") => `agent:${agent}:openai:${randomUUID()}`;

interface Store extends StoredSessions {
  readonly sessions: Map<string, StoredSession>;
  readonly removals: string[];
  /** Called before each removal, to change the store after the listing. */
  before: (keyPrefix: string) => void;
}

/** Removes as the host does: by prefix, all or nothing, and only sessions unused for long enough. */
function store(keys: readonly string[], agentIds = ["a"]): Store {
  const old = { lastUsedAtMs: 0, running: false, pinned: false, named: false, held: false };
  const sessions = new Map(keys.map((one) => [one, { key: one, ...old }]));
  const ofAgent = (agentId: string) =>
    [...sessions.values()].filter((session) => session.key.startsWith(`agent:${agentId}:`));
  const made: Store = {
    sessions,
    removals: [],
    before: () => undefined,
    agentIds: () => agentIds,
    list: (agentId) => ofAgent(agentId),
    bytes: (_agentId, asked) => new Map(asked.map((one) => [one, 10])),
    async remove({ agentId, keyPrefix, unusedSinceMs }) {
      made.removals.push(keyPrefix);
      made.before(keyPrefix);
      const found = ofAgent(agentId)
        .filter((session) => session.key.startsWith(`agent:${agentId}:${keyPrefix}`))
        .filter((session) => session.lastUsedAtMs < unusedSinceMs);
      const busy = found.find((session) => session.running);
      if (busy !== undefined) {
        throw new Error(`work is in flight for ${busy.key}`);
      }
      for (const session of found) {
        sessions.delete(session.key);
      }
    },
  };
  return made;
}
const prune = (stored: StoredSessions, signal?: AbortSignal) =>
  createPrune({ stored, now: () => nowMs })({ ttlsMs, dryRun: false }, signal);
const change = (stored: Store, one: string, more: Partial<StoredSession>) => {
  const session = stored.sessions.get(one);
  if (session !== undefined) {
    stored.sessions.set(one, { ...session, ...more });
  }
};

describe("a prune", () => {
  test("removes many sessions with few calls, from all agents", async () => {
    const keys = Array.from({ length: 300 }, (_, at) => key(at % 2 === 0 ? "a" : "b"));
    const stored = store([...keys, "agent:a:main", "agent:b:openai:mine"], ["a", "b", "c"]);
    const { kinds } = await prune(stored);
    expect(kinds).toMatchObject([{ sessions: 300, bytes: 3000, ages: { "over-30d": 300 } }]);
    expect([...stored.sessions.keys()]).toEqual(["agent:a:main", "agent:b:openai:mine"]);
    expect(stored.removals.length).toBeLessThan(20);
  });

  test("keeps a session that is used between listing and removal", async () => {
    const [used, unused] = [key(), key()];
    const stored = store([used, unused]);
    stored.before = () => change(stored, used, { lastUsedAtMs: nowMs + 1 });
    const { kinds } = await prune(stored);
    expect(kinds).toMatchObject([
      { sessions: 1, bytes: 10, kept: { changed: 1, refused: 0 }, refusal: null },
    ]);
    expect([...stored.sessions.keys()]).toEqual([used]);
  });

  test("keeps a session in which a run starts, and removes the others of its batch", async () => {
    const keys = [key(), key(), key()];
    const [busy = ""] = keys;
    const stored = store(keys);
    stored.before = () => change(stored, busy, { running: true });
    const { kinds } = await prune(stored);
    expect(kinds).toMatchObject([
      { sessions: 2, kept: { refused: 1 }, refusal: `work is in flight for ${busy}` },
    ]);
    expect([...stored.sessions.keys()]).toEqual([busy]);
  });

  test("keeps a new session that is created during the prune", async () => {
    const [old, late] = [key(), key()];
    const stored = store([old]);
    stored.before = () =>
      stored.sessions.set(late, {
        ...store([late]).list("a")[0],
        lastUsedAtMs: nowMs,
      } as StoredSession);
    await prune(stored);
    expect([...stored.sessions.keys()]).toEqual([late]);
  });

  test("stops with the host's error if the store cannot be written", async () => {
    const stored = store(Array.from({ length: 50 }, () => key()));
    const full = new Error("database or disk is full");
    stored.before = () => {
      throw full;
    };
    await expect(prune(stored)).rejects.toBe(full);
    expect(stored.removals.length).toBeLessThan(30);
    expect(stored.sessions.size).toBe(50);
  });

  test("that fails does not block the next one", async () => {
    const stored = store(Array.from({ length: 50 }, () => key()));
    const run = createPrune({ stored, now: () => nowMs });
    stored.before = () => {
      throw new Error("locked");
    };
    await expect(run({ ttlsMs, dryRun: false })).rejects.toThrow("locked");
    stored.before = () => undefined;
    expect((await run({ ttlsMs, dryRun: false })).kinds[0]?.sessions).toBe(50);
  });

  test("waits for a running prune, so each session is counted once", async () => {
    const stored = store([key(), key()]);
    const run = createPrune({ stored, now: () => nowMs });
    const reports = await Promise.all([
      run({ ttlsMs, dryRun: false }),
      run({ ttlsMs, dryRun: false }),
    ]);
    expect(reports.map(({ kinds }) => kinds[0]?.sessions)).toEqual([2, 0]);
  });

  test("stops after the current write when aborted, and reports what it did", async () => {
    const stored = store(Array.from({ length: 1000 }, () => key()));
    const stopping = new AbortController();
    stored.before = () => stopping.abort();
    const { kinds } = await prune(stored, stopping.signal);
    expect(stored.removals).toHaveLength(1);
    expect(kinds[0]?.sessions).toBe(1000 - stored.sessions.size);
  });

  test("reports null bytes if they cannot be measured", async () => {
    const stored = { ...store([key()]), bytes: () => undefined };
    expect((await prune(stored)).kinds).toMatchObject([{ sessions: 1, bytes: null }]);
  });

  test("removes nothing in a dry run", async () => {
    const stored = store([key(), key()]);
    const report = await createPrune({ stored, now: () => nowMs })({ ttlsMs, dryRun: true });
    expect(report).toMatchObject({ dryRun: true, kinds: [{ sessions: 2, bytes: 20 }] });
    expect(stored.removals).toEqual([]);
  });
});
