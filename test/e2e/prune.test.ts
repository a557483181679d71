/**
 * One-shot sessions in the real gateway, in stores that hold all kinds: what `openclaw passthrough sessions prune` and
 * the background service remove, and what they leave. The host makes the sessions itself.
 */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
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
  // Core's own endpoint makes the sessions here.
  gateway: { http: { endpoints: { chatCompletions: { enabled: true } } } },
  agents: { ownership: "explicit", entries: { ada: {}, bob: {}, never: {} } },
};
const fastTimers = fileURLToPath(new URL("../support/fast-plugin-timers.mjs", import.meta.url));
const fixture = useGateway({
  config: () => config,
  env: { NODE_OPTIONS: `--import=file://${fastTimers}` },
});

/** A guard against waiting forever. */
const patienceMs = 60_000;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const host = (...args: string[]) => runHost(fixture.gateway.folder, args);
const callMethod = async (method: string, parameters: object) =>
  JSON.parse(
    await host("gateway", "call", method, "--json", "--params", JSON.stringify(parameters)),
  );
const database = (agent: string) => agentDatabase(fixture.gateway.stateFolder, agent);
const keysOf = (agent: string) => [...readSessionIds(database(agent)).keys()];

/** A turn through core's endpoint. @returns the keys that it added to the agent's store. */
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

/** The key of a probe as older hosts left it. */
const probe = (agent: string) => say(agent, `agent:${agent}:explicit:model-run-${randomUUID()}`);

/** Sessions by what they are, all keys of `ada` and `bob`. */
const made = {
  /** May go. */
  probes: [] as string[],
  oneShots: [] as string[],
  /** Have to stay. */
  others: [] as string[],
  kept: [] as string[],
  recentProbe: "",
  recentOneShot: "",
  inFlight: "",
};
/** What was used before this is old. */
let oldBeforeMs = 0;
/**
 * Younger sessions are made this long after it, or longer: the command line takes some seconds to get going, by which the
 * age that it is told comes late. Three commands run in between, so that a slow machine waits longer.
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
  // While it runs, it has a second session.
  const ofCron = () => keysOf("ada").filter((key) => key.includes(":cron:"));
  await vi.waitUntil(() => ofCron().length > 0, patienceMs);
  await vi.waitUntil(() => ofCron().length === 1, patienceMs);
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

test("a probe of this host leaves no session; only older hosts did", async () => {
  const probes = () => keysOf("ada").filter((key) => key.includes(":model-run-"));
  const before = probes();
  const options = ["--agent", "ada", "--prompt", "hi", "--json"];
  const answer = JSON.parse(await host("infer", "model", "run", "--gateway", ...options));
  expect(answer.ok).toBe(true);
  expect(probes()).toEqual(before);
});

test("an option that can't be read is refused with what is allowed", async () => {
  const refusal = await prune("--older-than", "soon").then(
    () => "none",
    (error: { readonly stderr: string; readonly code: number }) => `${error.code} ${error.stderr}`,
  );
  expect(refusal).toMatch(/^2 .*"soon" is not a duration: .* such as 24h or 7d/s);
});

test("a table says what would go", async () => {
  const table = await prune("--dry-run", "--kind", "model-run", ...olderThan());
  expect(table).toMatch(/kind +under-1d +1d-7d +7d-30d +over-30d +sessions +bytes\n/);
  expect(table).toMatch(/model-run +3 +0 +0 +0 +3 +\d+\n/);
  expect(table).toContain("model-run, kept: 1 with a name\n");
  expect(table).toContain("Nothing was removed (--dry-run).");
  expect(table).not.toContain("http-one-shot");
});

describe("by hand, through the running gateway", () => {
  let foreseen: unknown;
  const before = { rows: new Map() as SessionRows, ids: new Map<string, string>() };

  beforeAll(async () => {
    await pause(Math.max(0, oldBeforeMs + distanceMs - Date.now()));
    [made.recentOneShot, made.recentProbe] = [await say("ada"), await probe("ada")];
  });

  test("a dry run tells what would go, and removes nothing", async () => {
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
    // Some 90 KB each: mostly the trajectory, which has the system prompt.
    expect(report.kinds[0].bytes).toBeGreaterThan(3 * 20_000);
    expect(report.kinds[1].bytes).toBeGreaterThan(3 * 20_000);
    foreseen = report.kinds.map(withoutTtl);
  });

  test("removes what the dry run told, with every row of it, and nothing else", async () => {
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
    // Each of those that are gone had an entry, a transcript and a trajectory.
    for (const key of gone) {
      const tables = before.rows.get(key)?.map((row) => row.split(" ")[0]);
      expect(tables).toEqual(
        expect.arrayContaining(["session_nodes", "transcript_events", "trajectory_runtime_events"]),
      );
    }
  });

  test("the gateway knows that they are gone", async () => {
    const { sessions } = await callMethod("sessions.list", {});
    const listed = sessions.map((session: { readonly key: string }) => session.key);
    expect(listed).not.toEqual(expect.arrayContaining([made.oneShots[0]]));
    expect(listed).toEqual(expect.arrayContaining([made.kept[0], made.recentOneShot]));
  });
});

test("the background service prunes the kind that has a time to live, from the next run on", async () => {
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
  // Its run has been in flight for longer than the time to live.
  expect(keysOf("bob")).toContain(made.inFlight);
  const told = /passthrough: removed 1 http-one-shot sessions that were past their time, \d+ bytes/;
  await vi.waitFor(() => expect(fixture.gateway.output()).toMatch(told), patienceMs);
});

describe("without a gateway", () => {
  beforeAll(async () => {
    leave();
    await fixture.gateway.terminate();
    vi.stubEnv("OPENCLAW_STATE_DIR", fixture.gateway.stateFolder);
    return () => vi.unstubAllEnvs();
  });
  /** The host's own store, in this process. */
  const stored = createStoredSessions(() => ({ agents: { entries: { ada: {} } } }));

  test("a session that is used between the listing and the removal stays, with all it has", async () => {
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

  test("an archive by hand holds a session, one by the host's own maintenance does not", async () => {
    const archive = async (archiveReason: "manual" | "age-retention") => {
      const update = () => ({ archivedAt: Date.now(), archiveReason });
      await patchSessionEntry({ agentId: "ada", sessionKey: made.recentProbe, update });
      return stored.list("ada").find((session) => session.key === made.recentProbe)?.held;
    };
    expect([await archive("manual"), await archive("age-retention")]).toEqual([true, false]);
  });

  test("a dry run writes no file, and the work is done by the command itself", async () => {
    const options = ["--kind", "model-run", "--older-than", "1ms"];
    const files = () => readdir(fixture.gateway.stateFolder, { recursive: true });
    const before = (await files()).filter((name) => name.startsWith("agents"));
    const foreseen = await pruneJson("--dry-run", ...options);
    expect(foreseen.kinds).toMatchObject([counts(1)]);
    expect((await files()).filter((name) => name.startsWith("agents"))).toEqual(before);

    const report = await pruneJson(...options);
    expect(report.kinds.map(withoutTtl)).toEqual(foreseen.kinds.map(withoutTtl));
    expect(keysOf("ada")).not.toContain(made.recentProbe);
    expect(keysOf("ada")).toEqual(expect.arrayContaining([...made.kept, "agent:ada:main"]));
    expect(existsSync(join(fixture.gateway.stateFolder, "agents", "never"))).toBe(false);
  });
});
