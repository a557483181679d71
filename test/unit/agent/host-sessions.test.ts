import { beforeEach, describe, expect, test } from "vitest";
import { createHostSessions } from "../../../src/agent/host-sessions.ts";
import { createTurnQueue } from "../../../src/sessions/turn-queue.ts";

const mebibyte = 1024 * 1024;
const plenty = { maxEntries: 3, maxBytes: 10 * mebibyte, idleTtlMs: 100, maxAgeMs: 1000 };
let nowMs = 1;
let released: string[] = [];
beforeEach(() => {
  nowMs = 1;
  released = [];
});
const create = (more = {}) => {
  const bounds = { ...plenty, ...more };
  const turns = createTurnQueue();
  const sessions = createHostSessions({
    bounds: () => bounds,
    turns,
    keyFor: (agentId, name) => `${agentId}/${name}`,
    release: async (_agentId, hostKey) => {
      released.push(hostKey);
    },
    now: () => nowMs,
  });
  return { bounds, turns, sessions };
};
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("the host's sessions in memory", () => {
  test("keep their host key, which differs for each agent and session", () => {
    const { sessions } = create();
    const first = sessions.open("ada", "agent:ada:openai-session:a");
    expect(first.status).toBe("new");
    expect(sessions.open("ada", "agent:ada:openai-session:a")).toEqual({
      hostKey: first.hostKey,
      status: "continued",
    });
    const others = [
      sessions.open("bob", "agent:bob:openai-session:a"),
      sessions.open("ada", "agent:ada:openai-session:b"),
    ];
    expect(new Set([first, ...others].map(({ hostKey }) => hostKey)).size).toBe(3);
    expect(sessions.stats().sessions).toBe(3);
  });

  test.each([
    ["idle for too long", [101]],
    ["too old, although in use", Array.from({ length: 20 }, () => 50)],
  ])("get a new host key when %s, and the old session is deleted", async (_what, steps) => {
    const { sessions } = create();
    const { hostKey } = sessions.open("ada", "a");
    let last = { hostKey, status: "continued" };
    for (const step of steps) {
      nowMs += step;
      last = sessions.open("ada", "a");
    }
    expect(last.status).toBe("new");
    expect(last.hostKey).not.toBe(hostKey);
    await settled();
    expect(released).toEqual([hostKey]);
  });

  test("are deleted by the sweep when they have expired", async () => {
    const { sessions } = create();
    const { hostKey } = sessions.open("ada", "a");
    nowMs += 60;
    sessions.open("ada", "b");
    nowMs += 60;
    sessions.sweep();
    await settled();
    expect(released).toEqual([hostKey]);
  });

  test.each([{ maxEntries: 1 }, { maxBytes: 300 * 1024 }])(
    "are evicted to stay within %o, but not during a run",
    async (bound) => {
      const { sessions, turns } = create(bound);
      const run = Promise.withResolvers<void>();
      let hostKey = "";
      const turn = turns.run("a", new AbortController().signal, () => {
        hostKey = sessions.open("ada", "a").hostKey;
        return run.promise;
      });
      await settled();
      sessions.open("ada", "b");
      await settled();
      expect(released).toEqual([]);
      run.resolve();
      await turn;
      await settled();
      expect(released).toEqual([hostKey]);
    },
  );

  test("for a single request are deleted when it ends, even if it fails", async () => {
    const { sessions } = create();
    const keys: string[] = [];
    const turn = async (hostKey: string) => {
      keys.push(hostKey);
      expect(released).not.toContain(hostKey);
      return "answer";
    };
    expect(await sessions.once("ada", turn)).toBe("answer");
    const failing = sessions.once("ada", async (hostKey) => {
      keys.push(hostKey);
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(released).toEqual(keys);
    expect(new Set(keys).size).toBe(2);
  });

  test("are all deleted when the bounds change, and on close", async () => {
    const { sessions, bounds } = create();
    const first = sessions.open("ada", "a");
    bounds.idleTtlMs = 200;
    const second = sessions.open("ada", "a");
    expect(second.status).toBe("new");
    await sessions.close();
    expect(released.toSorted()).toEqual([first.hostKey, second.hostKey].toSorted());
  });
});
