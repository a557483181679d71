/**
 * Pruning one-shot sessions in a real gateway whose stores hold all kinds: what `openclaw passthrough sessions prune` and
 * the background service remove, and what they keep. The host creates the sessions.
 */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { patchSessionEntry } from "openclaw/plugin-sdk/session-store-runtime";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { createPrune } from "../../src/prune/prune.ts";
import { createStoredSessions } from "../../src/host/stored-sessions.ts";
import { gatewayToken } from "../support/gateway.ts";
import { runHost } from "../support/install.ts";
import { silence } from "../support/provider.ts";
import {
  agentDatabase,
  readSessionIds,
  readSessionRows,
  type SessionRows,
} from "../support/session-rows.ts";
import { messages, useGateway } from "./fixture.ts";
import { relayConfig } from "./relay-config.ts";

const config = {
  // Core's own endpoint creates the sessions here.
  gateway: { http: { endpoints: { chatCompletions: { enabled: true } } } },
  agents: { ownership: "explicit", entries: { ada: {}, bob: {}, never: {} } },
};
const fastTimers = fileURLToPath(new URL("../support/fast-plugin-timers.mjs", import.meta.url));
const fixture = useGateway({
  config: () => config,
  env: { NODE_OPTIONS: `--import=file://${fastTimers}` },
});

/** Only guards against hanging. */
const patienceMs = 60_000;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const host = (...args: string[]) => runHost(fixture.gateway.folder, args);
const callMethod = async (method: string, parameters: object) =>
  JSON.parse(
    await host("gateway", "call", method, "--json", "--params", JSON.stringify(parameters)),
  );
const database = (agent: string) => agentDatabase(fixture.gateway.stateFolder, agent);
const keysOf = (agent: string) => [...readSessionIds(database(agent)).keys()];

/** A turn through core's endpoint. @returns the key that it added to the agent's store. */
async function say(agent: string, sessionKey?: string): Promise<string> {
  const before = existsSync(database(agent)) ? keysOf(agent) : [];
  const answer = await fixture.call(
    "/v1/chat/completions",
    { model: `openclaw/${agent}`, messages },
    sessionKey === undefined ? {} : { "x-openclaw-session-key": sessionKey },
  );
  expect(answer.status).toBe(200);
  const added = keysOf(agent).filter((key) => !before.includes(key));
  expect(added).toHaveLength(1);
  return added[0] ?? "";
}

/** Creates the session that a probe left on older hosts. @returns its key. */
const probe = (agent: string) => say(agent, `agent:${agent}:explicit:model-run-${randomUUID()}`);

/** All session keys of `ada` and `bob`, by their expected fate. */
const made = {
  /** To be removed. */
  probes: [] as string[],
  oneShots: [] as string[],
  /** To be kept. */
  others: [] as string[],
  kept: [] as string[],
  recentProbe: "",
  recentOneShot: "",
  inFlight: "",
};
/** Sessions last used before this time are old. */
let oldBeforeMs = 0;
/**
 * Younger sessions are created at least this long after it, because the command line takes seconds to start and the age it
 * is given is relative to now. Three commands run in between, so a slow machine waits longer.
 */
const distanceMs = 12_000;
const olderThan = () => ["--older-than", `${Date.now() - oldBeforeMs}ms`];
let leave: () => void;

beforeAll(async () => {
  made.oneShots = [await say("ada"), await say("ada"), await say("bob")];
  made.probes = [await probe("ada"), await probe("ada"), await probe("bob")];
  made.others = [
    await say("ada", "agent:ada:main"),
    await say("ada", "agent:ada:telegram:direct:4711"),
    await say("ada", "agent:ada:telegram:group:-100123"),
    await say("ada", "agent:ada:explicit:my-notes"),
    await say("ada", `agent:ada:openai:${randomUUID()}:thread:7`),
    await say("ada", "agent:ada:openai-user:joe"),
    await say("bob", "agent:bob:main"),
  ];
  const [pinned, named] = [await say("ada"), await probe("ada")];
  made.kept = [pinned, named];
  await Promise.all([
    callMethod("sessions.patch", { key: pinned, pinned: true }),
    callMethod("sessions.patch", { key: named, label: "Keep this one" }),
    callMethod("cron.add", {
      name: "tick",
      agentId: "ada",
      schedule: { kind: "at", at: new Date(Date.now() + 1000).toISOString() },
      sessionTarget: "isolated",
      wakeMode: "now",
      payload: { kind: "agentTurn", message: "hi" },
      delivery: { mode: "none" },
      deleteAfterRun: false,
    }),
  ]);

  const before = keysOf("bob");
  fixture.provider.behave("m2", silence);
  const controller = new AbortController();
  leave = () => controller.abort();
  fetch(`${fixture.gateway.url}/v1/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ model: "openclaw/bob", messages }),
    headers: { authorization: `Bearer ${gatewayToken}`, "x-openclaw-model": "local/m2" },
    signal: controller.signal,
  }).catch(() => undefined);
  await vi.waitUntil(() => fixture.provider.requests.at(-1)?.json.model === "m2", patienceMs);
  made.inFlight = keysOf("bob").find((key) => !before.includes(key)) ?? "";
  // The job has a second session while it runs, which may begin later than this.
  const ofCron = () =>
    keysOf("ada").filter((key) => key.includes(":cron:") && !key.includes(":run:"));
  await vi.waitUntil(() => ofCron().length > 0, patienceMs);
  made.others.push(...ofCron());

  await pause(500);
  oldBeforeMs = Date.now();
});

const withoutTtl = ({ ttlMs: _ttlMs, ...rest }: { readonly ttlMs: number }) => rest;
const counts = (sessions: number) => ({
  sessions,
  ages: { "under-1d": sessions, "1d-7d": 0, "7d-30d": 0, "over-30d": 0 },
});
const none = { running: 0, pinned: 0, named: 0, held: 0, recent: 0, changed: 0, refused: 0 };

const prune = (...options: string[]) => host("passthrough", "sessions", "prune", ...options);
const pruneJson = async (...options: string[]) => JSON.parse(await prune("--json", ...options));
/** The rows of all sessions of both agents. */
const allRows = () =>
  new Map([...readSessionRows(database("ada")), ...readSessionRows(database("bob"))]);
const rowsOf = (rows: SessionRows, keys: readonly string[]) =>
  Object.fromEntries(keys.map((key) => [key, rows.get(key)]));

test("a probe on this host leaves no session (on older hosts it did)", async () => {
  const probes = () => keysOf("ada").filter((key) => key.includes(":model-run-"));
  const before = probes();
  const options = ["--agent", "ada", "--prompt", "hi", "--json"];
  const answer = JSON.parse(await host("infer", "model", "run", "--gateway", ...options));
  expect(answer.ok).toBe(true);
  expect(probes()).toEqual(before);
});

test("an invalid option exits with code 2 and says what is allowed", async () => {
  const refusal = await prune("--older-than", "soon").then(
    () => "none",
    (error: { readonly stderr: string; readonly code: number }) => `${error.code} ${error.stderr}`,
  );
  expect(refusal).toMatch(/^2 .*"soon" is not a duration: .* such as 24h or 7d/s);
});

test("a dry run prints a table of what it would remove", async () => {
  const table = await prune("--dry-run", "--kind", "model-run", ...olderThan());
  expect(table).toMatch(/kind +under-1d +1d-7d +7d-30d +over-30d +sessions +bytes\n/);
  expect(table).toMatch(/model-run +3 +0 +0 +0 +3 +\d+\n/);
  expect(table).toContain("model-run, kept: 1 named\n");
  expect(table).toContain("Nothing was removed (--dry-run).");
  expect(table).not.toContain("http-one-shot");
});

describe("the command, through the running gateway", () => {
  let foreseen: unknown;
  const before = { rows: new Map() as SessionRows, ids: new Map<string, string>() };
  /** The keys of all sessions that the gateway lists. */
  const listed = async (): Promise<string[]> => {
    const { sessions } = await callMethod("sessions.list", {});
    return sessions.map((session: { readonly key: string }) => session.key);
  };

  beforeAll(async () => {
    await pause(Math.max(0, oldBeforeMs + distanceMs - Date.now()));
    [made.recentOneShot, made.recentProbe] = [await say("ada"), await probe("ada")];
  });

  test("a dry run reports what it would remove, and removes nothing", async () => {
    before.rows = allRows();
    before.ids = new Map([...readSessionIds(database("ada")), ...readSessionIds(database("bob"))]);
    const report = await pruneJson("--dry-run", ...olderThan());
    expect(report).toEqual({
      dryRun: true,
      kinds: [
        {
          kind: "model-run",
          ttlMs: expect.any(Number),
          bytes: expect.any(Number),
          ...counts(3),
          kept: { ...none, named: 1, recent: 1 },
          refusal: null,
        },
        {
          kind: "http-one-shot",
          ttlMs: expect.any(Number),
          bytes: expect.any(Number),
          ...counts(3),
          kept: { ...none, running: 1, pinned: 1, recent: 1 },
          refusal: null,
        },
      ],
    });
    expect(allRows()).toEqual(before.rows);
    // About 90 KB each, mostly the trajectory with the system prompt.
    expect(report.kinds[0].bytes).toBeGreaterThan(3 * 20_000);
    expect(report.kinds[1].bytes).toBeGreaterThan(3 * 20_000);
    foreseen = report.kinds.map(withoutTtl);
  });

  test("removes every row of the reported sessions, and nothing else", async () => {
    expect(await listed()).toEqual(expect.arrayContaining([...made.probes, ...made.oneShots]));
    const report = await pruneJson(...olderThan());
    expect(report.kinds.map(withoutTtl)).toEqual(foreseen);

    const gone = [...made.probes, ...made.oneShots];
    const stays = [
      ...made.others,
      ...made.kept,
      made.recentOneShot,
      made.recentProbe,
      made.inFlight,
    ];
    expect([...keysOf("ada"), ...keysOf("bob")].toSorted()).toEqual(stays.toSorted());
    for (const agent of ["ada", "bob"]) {
      const left = readSessionRows(database(agent), before.ids);
      expect(gone.flatMap((key) => left.get(key) ?? [])).toEqual([]);
    }
    expect(rowsOf(allRows(), stays)).toEqual(rowsOf(before.rows, stays));
    // Each removed session had an entry, a transcript and a trajectory.
    for (const key of gone) {
      const tables = before.rows.get(key)?.map((row) => row.split(" ")[0]);
      expect(tables).toEqual(
        expect.arrayContaining(["session_nodes", "transcript_events", "trajectory_runtime_events"]),
      );
    }
  });

  test("the gateway no longer lists the removed sessions", async () => {
    const left = await listed();
    expect([...made.probes, ...made.oneShots].filter((key) => left.includes(key))).toEqual([]);
    expect(left).toEqual(expect.arrayContaining([...made.kept, made.recentOneShot]));
  });
});

test("the background service prunes only the kind with a TTL, from its next run on", async () => {
  expect(keysOf("ada")).toContain(made.recentOneShot);
  const retention = { httpOneShotTtlMs: 1000 };
  await fixture.gateway.writeConfig(
    relayConfig(fixture.provider, {
      ...config,
      plugins: { entries: { passthrough: { config: { retention } } } },
    }),
  );
  await vi.waitFor(() => expect(keysOf("ada")).not.toContain(made.recentOneShot), patienceMs);
  expect(keysOf("ada")).toContain(made.recentProbe);
  expect(keysOf("ada")).toContain(made.kept[0]);
  // Its run has been in flight for longer than the TTL.
  expect(keysOf("bob")).toContain(made.inFlight);
  const told = /passthrough: removed 1 http-one-shot sessions that had expired, \d+ bytes/;
  await vi.waitFor(() => expect(fixture.gateway.output()).toMatch(told), patienceMs);
});

describe("the command, without a gateway", () => {
  beforeAll(async () => {
    leave();
    await fixture.gateway.terminate();
    vi.stubEnv("OPENCLAW_STATE_DIR", fixture.gateway.stateFolder);
    return () => vi.unstubAllEnvs();
  });
  /** The host's own store, in this process. */
  const stored = createStoredSessions(() => ({ agents: { entries: { ada: {} } } }));

  test("a session used between listing and removal is kept with all its rows", async () => {
    let used: SessionRows = new Map();
    const pruneHere = createPrune({
      stored: {
        ...stored,
        async remove(sessions) {
          const sessionKey = made.recentProbe;
          await patchSessionEntry({ agentId: "ada", sessionKey, update: () => ({}) });
          used = readSessionRows(database("ada"));
          await stored.remove(sessions);
        },
      },
    });
    const { kinds } = await pruneHere({ ttlsMs: { "model-run": 1 }, dryRun: false });
    expect(kinds).toMatchObject([{ sessions: 0, kept: { changed: 1, named: 1 } }]);
    expect(readSessionRows(database("ada"))).toEqual(used);
  });

  test("holds a session archived by hand, but not one archived by the host's maintenance", async () => {
    const archive = async (archiveReason: "manual" | "age-retention") => {
      const update = () => ({ archivedAt: Date.now(), archiveReason });
      await patchSessionEntry({ agentId: "ada", sessionKey: made.recentProbe, update });
      return stored.list("ada").find((session) => session.key === made.recentProbe)?.held;
    };
    expect([await archive("manual"), await archive("age-retention")]).toEqual([true, false]);
  });

  /**
   * What the agents have on disk: base64 by file. Even a read-only connection to a database leaves SQLite's index of its
   * log (`-shm`) and an empty log (`-wal`) beside it; the next writer removes them.
   */
  async function agentFiles(): Promise<Record<string, string>> {
    const folder = join(fixture.gateway.stateFolder, "agents");
    const found = await readdir(folder, { recursive: true, withFileTypes: true });
    const kept = found.filter((entry) => entry.isFile() && !entry.name.endsWith("-shm"));
    const read = kept.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path, await readFile(path, "base64")] as const;
    });
    const isWritten = ([path, content]: readonly [string, string]) =>
      !path.endsWith("-wal") || content !== "";
    return Object.fromEntries((await Promise.all(read)).filter(isWritten));
  }

  test("a dry run writes nothing; the command prunes in its own process", async () => {
    const options = ["--kind", "model-run", "--older-than", "1ms"];
    const before = await agentFiles();
    const foreseen = await pruneJson("--dry-run", ...options);
    expect(foreseen.kinds).toMatchObject([counts(1)]);
    const after = await agentFiles();
    // Compared by name first, because the databases are megabytes in a report.
    expect(Object.keys(after)).toEqual(Object.keys(before));
    expect(Object.keys(after).filter((path) => after[path] !== before[path])).toEqual([]);

    const report = await pruneJson(...options);
    expect(report.kinds.map(withoutTtl)).toEqual(foreseen.kinds.map(withoutTtl));
    expect(keysOf("ada")).not.toContain(made.recentProbe);
    expect(keysOf("ada")).toEqual(expect.arrayContaining([...made.kept, "agent:ada:main"]));
    expect(existsSync(join(fixture.gateway.stateFolder, "agents", "never"))).toBe(false);
  });
});
