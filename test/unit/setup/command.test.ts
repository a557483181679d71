import { describe, expect, test, vi } from "vitest";
import type { KeyChange, Keys } from "../../../src/control/keys.ts";
import { createInitCommand, type InitCommandParts } from "../../../src/setup/command.ts";
import type { WrittenEntry } from "../../../src/setup/plan.ts";
import { commandLine } from "../../support/command-line.ts";

interface Given {
  readonly entry?: WrittenEntry;
  readonly agentIds?: readonly string[];
  /** Names of the keys that there are. */
  readonly keys?: readonly string[];
  /** What a person answers; undefined for no terminal. */
  readonly answers?: readonly string[];
  readonly works?: boolean | undefined;
}

/** `passthrough init` with a config file, keys and a person that the test inspects. */
function setup({ entry = { enabled: true }, agentIds = ["main"], ...given }: Given = {}) {
  let written: WrittenEntry = entry;
  const asked: string[] = [];
  const answers = [...(given.answers ?? [])];
  const create = vi.fn<Keys["create"]>(async (name, change) => ({
    name,
    place: "file",
    state: "active",
    key: { id: "k1", modes: change.modes ?? [] },
    text: "ocp_new",
  }));
  const write = vi.fn<InitCommandParts["writeEntry"]>(async (_expected, next) => {
    written = next;
  });
  const tryOut = vi.fn<InitCommandParts["tryOut"]>(async () => given.works);
  const line = commandLine(
    createInitCommand({
      agentIds: () => agentIds,
      gateway: () => ({ port: 18_789, isTls: false }),
      readEntry: async () => written,
      writeEntry: write,
      keys: { create, list: async () => (given.keys ?? []).map((name) => ({ name })) as never },
      tryOut,
      withTerminal:
        given.answers === undefined
          ? undefined
          : (run) =>
              run(async (question) => {
                asked.push(question);
                return answers.shift() ?? "";
              }),
    }),
  );
  return {
    asked,
    create,
    write,
    tryOut,
    entry: () => written,
    config: () => written["config"],
    run: (options: Readonly<Record<string, unknown>>) => line.run("passthrough init", options),
  };
}

const keyOf = ({ create }: ReturnType<typeof setup>): KeyChange | undefined =>
  create.mock.lastCall?.[1];

describe("init --yes", () => {
  test("relays for all agents, makes a key for that, and prints a curl line", async () => {
    const init = setup({ works: true });
    const { printed, exitCode } = await init.run({ yes: true, mode: "passthrough" });
    expect(exitCode).toBeUndefined();
    expect(init.entry()).toEqual({ enabled: true, config: { mode: "passthrough" } });
    expect(keyOf(init)).toEqual({ modes: ["passthrough"] });
    expect(printed).toContain('+     "mode": "passthrough"');
    expect(printed).toContain("\nocp_new\n");
    expect(printed?.split("\n").at(-1)).toBe(
      'curl http://127.0.0.1:18789/passthrough/v1/chat/completions -H "Authorization: Bearer ocp_new" ' +
        `-d '{"model":"openclaw","messages":[{"role":"user","content":"Say hi."}]}'`,
    );
  });

  test("sets an agent up for voice callers as docs/voice.md says, on a listener", async () => {
    const init = setup({ agentIds: ["main", "voice"] });
    const answer = await init.run({
      yes: true,
      json: true,
      mode: "light",
      agent: ["Voice"],
      listen: "18790",
      key: "phone",
    });
    expect(init.config()).toEqual({
      agents: { voice: { mode: "light", firstTokenTimeoutMs: 3000 } },
      sessions: {
        bodyPaths: [
          "call.id",
          "elevenlabs_extra_body.session_id",
          "user_id",
          "metadata.session_id",
        ],
      },
      listen: { host: "127.0.0.1", port: 18_790 },
    });
    expect(init.create.mock.lastCall).toEqual(["phone", { modes: ["light"], agents: ["voice"] }]);
    expect(JSON.parse(answer.printed ?? "")).toMatchObject({
      changed: true,
      diff: expect.arrayContaining(['+         "mode": "light",']),
      key: { name: "phone", text: "ocp_new" },
      url: "http://127.0.0.1:18790/v1",
      model: "openclaw/voice",
      works: null,
      notes: [],
    });
  });

  test("allows the hooks that agent runs of a key need, and lets requests choose light", async () => {
    const init = setup();
    const { printed } = await init.run({ yes: true, mode: "agent" });
    expect(init.entry()).toEqual({
      enabled: true,
      hooks: { allowConversationAccess: true },
      config: { mode: "agent" },
    });
    expect(keyOf(init)).toEqual({ modes: ["agent", "light"] });
    expect(printed).toContain("none of the host's tools");
  });

  test("gives each agent its own mode", async () => {
    const init = setup({ agentIds: ["ada", "bob", "eve"] });
    await init.run({ yes: true, mode: "agent", agent: ["ada", "bob=passthrough"] });
    expect(init.config()).toEqual({
      agents: { ada: { mode: "agent" }, bob: { mode: "passthrough" } },
    });
    expect(keyOf(init)).toEqual({
      modes: ["agent", "passthrough", "light"],
      agents: ["ada", "bob"],
    });
  });

  test("never changes other settings", async () => {
    const others = {
      enabled: true,
      hooks: { allowConversationAccess: false },
      config: {
        mode: "light",
        agents: { main: { mode: "agent", firstTokenTimeoutMs: 9000 }, bob: { maxRunMs: 5 } },
        sessions: { anonymous: "persist", bodyPaths: ["id"] },
        listen: { host: "127.0.0.1", port: 1, maxConnections: 7 },
        upstream: { retries: 3 },
      },
    };
    const init = setup({ entry: others, agentIds: ["main", "bob"] });
    const { printed } = await init.run({
      yes: true,
      mode: "light",
      agent: ["main", "bob=agent"],
      listen: "[::1]:18790",
    });
    expect(init.entry()).toEqual({
      ...others,
      config: {
        ...others.config,
        agents: {
          main: { mode: "light", firstTokenTimeoutMs: 9000 },
          bob: { maxRunMs: 5, mode: "agent" },
        },
        listen: { host: "::1", port: 18_790, maxConnections: 7 },
      },
    });
    expect(printed).toContain("hooks.allowConversationAccess is true");
    expect(printed).toContain("curl http://[::1]:18790/v1/");
  });

  test("for all agents in light mode leaves those that keep agent mode as they are", async () => {
    const entry = { config: { agents: { bob: { mode: "agent" } } } };
    const init = setup({ entry, agentIds: ["main", "bob"] });
    await init.run({ yes: true, mode: "light" });
    expect(init.config()).toMatchObject({
      mode: "light",
      agents: { main: { firstTokenTimeoutMs: 3000 } },
    });
    expect(init.config()).toHaveProperty("agents.bob", { mode: "agent" });
  });

  test("for all agents leaves the modes of single ones, and makes the key for them, too", async () => {
    const entry = { config: { agents: { bob: { mode: "light" } } } };
    const init = setup({ entry, agentIds: ["main", "bob"] });
    const { printed } = await init.run({ yes: true, mode: "passthrough" });
    expect(init.config()).toEqual({ mode: "passthrough", agents: { bob: { mode: "light" } } });
    expect(keyOf(init)).toEqual({ modes: ["passthrough", "light"] });
    expect(printed).toContain('"bob" keeps its own mode');
  });

  test("does nothing twice", async () => {
    const first = setup();
    const options = { yes: true, mode: "light", listen: "127.0.0.1:18790" };
    await first.run(options);
    const second = setup({ entry: first.entry(), keys: ["first"] });
    const { printed, exitCode } = await second.run(options);
    expect(exitCode).toBeUndefined();
    expect(second.write).not.toHaveBeenCalled();
    expect(second.create).not.toHaveBeenCalled();
    expect(second.tryOut).not.toHaveBeenCalled();
    expect(printed).toContain("says all this already");
    expect(printed).toContain("keys rotate first");
    expect(printed?.split("\n").at(-1)).toContain("Bearer $PASSTHROUGH_KEY");
  });

  test.each([
    [{ yes: true }, "give --mode"],
    [{ yes: true, mode: "relay" }, '"relay" is not a mode'],
    [{ yes: true, mode: "light", listen: "127.0.0.1" }, "not an address"],
    [{ yes: true, mode: "light", listen: "127.0.0.1:99999" }, "not an address"],
    [{ yes: true, mode: "light", listen: "18789" }, "the gateway's own"],
    [{ yes: true, mode: "light", key: "a b" }, "not a valid key name"],
    [{ json: true }, "--json needs --yes"],
    [{}, "standard input is no terminal"],
  ])("%j is refused, and nothing is changed", async (options, words) => {
    const init = setup();
    const { complaint, exitCode } = await init.run(options);
    expect(complaint).toContain(words);
    expect(exitCode).toBe(2);
    expect(init.write).not.toHaveBeenCalled();
    expect(init.create).not.toHaveBeenCalled();
  });

  test("an unknown agent is refused before anything is written", async () => {
    const init = setup();
    const { complaint, exitCode } = await init.run({ yes: true, mode: "light", agent: ["ghost"] });
    expect([complaint, exitCode]).toEqual(['there is no agent "ghost"; agents: main', 1]);
    expect(init.write).not.toHaveBeenCalled();
  });

  test("a gateway that does not serve the key yet is not hidden", async () => {
    const { printed } = await setup({ works: false }).run({ yes: true, mode: "light" });
    expect(printed).toContain("openclaw passthrough doctor");
  });
});

describe("init at a terminal", () => {
  test("asks three questions and for a yes, and shows the difference once", async () => {
    const answers = ["mixed", "ada bob=light", "", "yes"];
    const init = setup({ agentIds: ["ada", "bob"], answers });
    const { printed } = await init.run({});
    expect(init.asked).toHaveLength(4);
    expect(init.asked[3]).toContain('+   "hooks": {');
    expect(printed).not.toContain('+   "hooks": {');
    expect(init.config()).toMatchObject({
      agents: { ada: { mode: "agent" }, bob: { mode: "light" } },
      listen: { host: "127.0.0.1", port: 18_790 },
    });
  });

  test("asks again after an answer that it does not understand, and says why", async () => {
    const init = setup({ answers: ["4", "1", "here", "none", "y"] });
    await init.run({});
    expect(init.asked[1]).toContain('"4" is none of them');
    expect(init.asked[3]).toContain('"here" is not an address');
    expect(init.config()).toEqual({ mode: "passthrough" });
  });

  test("asks only for what no option says", async () => {
    const init = setup({ answers: ["y"] });
    await init.run({ mode: "passthrough", listen: "none" });
    expect(init.asked).toHaveLength(1);
  });

  test("changes nothing without a yes", async () => {
    const init = setup({ answers: ["1", "", ""] });
    const { printed, exitCode } = await init.run({});
    expect([printed, exitCode]).toEqual(["Nothing was changed.", undefined]);
    expect(init.write).not.toHaveBeenCalled();
    expect(init.create).not.toHaveBeenCalled();
  });

  test("does not ask for ever", async () => {
    const { complaint, exitCode } = await setup({ answers: Array(9).fill("what?") }).run({});
    expect([complaint, exitCode]).toEqual([expect.stringContaining("--mode"), 2]);
  });
});
