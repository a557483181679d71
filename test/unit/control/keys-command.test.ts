import { describe, expect, test, vi } from "vitest";
import type { KeyChange, KeyDetails, Keys, KeyView } from "../../../src/control/keys.ts";
import { createKeysCommand } from "../../../src/control/keys-command.ts";
import { stopClock } from "../../support/clock.ts";
import { commandLine } from "../../support/command-line.ts";

const view = (
  name: string,
  { modes, tools, requestsPerMinute, metrics }: KeyChange = {},
): KeyView => ({
  name,
  place: "file",
  state: "active",
  key: {
    id: "k1",
    modes: modes ?? ["passthrough"],
    ...(tools && { tools }),
    ...(requestsPerMinute && { requestsPerMinute }),
    ...(metrics && { metrics }),
  },
});
const sums = {
  requests: 0,
  errors: 0,
  tokensIn: 0,
  tokensOut: 0,
  tokensCached: 0,
  tokensCacheWrite: 0,
  costUsd: 0,
};
const details = (name: string): KeyDetails => ({
  ...view(name),
  usage: [],
  limits: {},
  today: sums,
  month: sums,
  total: sums,
});

/** `passthrough keys …` with fake keys that the test inspects. */
function commands() {
  const keys = {
    create: vi.fn<Keys["create"]>(async (name, change) => ({
      ...view(name, change),
      text: "ocp_new",
    })),
    list: vi.fn<Keys["list"]>(async () => []),
    show: vi.fn<Keys["show"]>(async (name) => details(name)),
    update: vi.fn<Keys["update"]>(async (name, change) => view(name, change)),
    revoke: vi.fn<Keys["revoke"]>(async () => ["file"]),
    rotate: vi.fn<Keys["rotate"]>(async (name) => ({ ...view(name), text: "ocp_next" })),
    import: vi.fn<Keys["import"]>(async () => []),
  };
  const line = commandLine(
    createKeysCommand(keys, { run: async () => ({ text: "what is left", json: { keys: [] } }) }),
  );
  return {
    keys,
    line,
    run: (name: string, ...parameters: unknown[]) =>
      line.run(`passthrough keys ${name}`, ...parameters),
  };
}

test("alone shows what is left; has create, import, list, revoke, rotate, show and update, all with --json", () => {
  const all = [...commands().line.commands];
  expect(all.map(([path]) => path.slice(path.lastIndexOf(" ") + 1)).sort()).toEqual([
    "create",
    "import",
    "keys",
    "list",
    "revoke",
    "rotate",
    "show",
    "update",
  ]);
  expect(all.filter(([, { flags }]) => !flags.includes("--json"))).toEqual([]);
});

describe("create", () => {
  test("prints the key on its own line at the end", async () => {
    const { keys, run } = commands();
    const { printed, exitCode } = await run("create", "bot", {});
    expect(printed).toBe("Store this key now. It is not shown again:\nocp_new");
    expect(exitCode).toBeUndefined();
    expect(keys.create).toHaveBeenCalledWith("bot", {});
  });

  test.each([
    [["read,memory_search"], ["read", "memory_search"]],
    [
      ["read", "write", "read"],
      ["read", "write"],
    ],
    [["none"], "none"],
    [["agent"], "agent"],
  ])("accepts tools as %j", async (tools, expected) => {
    const { keys, run } = commands();
    await run("create", "bot", { mode: ["agent"], tools });
    expect(keys.create).toHaveBeenCalledWith("bot", { modes: ["agent"], tools: expected });
  });

  test.each([[["*"]], [["group:fs"]], [["agent,read"]], [["none", "read"]], [[","]]])(
    "rejects tools such as %j",
    async (tools) => {
      const { keys, run } = commands();
      expect((await run("create", "bot", { tools })).complaint).toMatch(/^--tools must be none/);
      expect(keys.create).not.toHaveBeenCalled();
    },
  );

  test("explains what a key with agent runs can do", async () => {
    const printed = async (options: object) =>
      (await commands().run("create", "bot", { mode: ["agent"], ...options })).printed;
    expect(await printed({ tools: ["agent"] })).toMatch(/^Careful: .*run commands/);
    expect(await printed({ tools: ["read"] })).toContain("these tools of the host: read.");
    expect(await printed({})).toMatch(
      /none of the host's tools.*allowConversationAccess: true.*\n\nStore.*\nocp_new$/s,
    );
  });

  test("accepts every setting of a key", async () => {
    const { keys, run } = commands();
    await run("create", "bot", {
      agent: ["Ada", "bob"],
      model: ["local/*", "cloud/c1"],
      mode: ["agent", "light"],
      rpm: "60",
      tpm: "10000",
      concurrency: "4",
      budget: ["2.50", "20/month"],
      expires: "2999-01-31",
    });
    expect(keys.create).toHaveBeenCalledWith("bot", {
      agents: ["ada", "bob"],
      models: ["local/*", "cloud/c1"],
      modes: ["agent", "light"],
      requestsPerMinute: 60,
      tokensPerMinute: 10_000,
      maxConcurrent: 4,
      budgetUsdPerDay: 2.5,
      budgetUsdPerMonth: 20,
      expiresAt: "2999-01-31T00:00:00.000Z",
    });
  });

  test("makes a key for metrics, and says what its holder learns", async () => {
    const { keys, run } = commands();
    const { printed } = await run("create", "prometheus", { metrics: true, expires: "2999-01-31" });
    expect(keys.create).toHaveBeenCalledWith("prometheus", {
      metrics: true,
      expiresAt: "2999-01-31T00:00:00.000Z",
    });
    expect(printed).toMatch(/^This key reads the names of .* It can call no model\.\n\nStore/);
  });

  test.each([
    [["2.5"], { budgetUsdPerDay: 2.5 }],
    [["$2.5"], { budgetUsdPerDay: 2.5 }],
    [["2.5USD"], { budgetUsdPerDay: 2.5 }],
    [["2.50 usd/day"], { budgetUsdPerDay: 2.5 }],
    [["$2.5/day"], { budgetUsdPerDay: 2.5 }],
    [[".5"], { budgetUsdPerDay: 0.5 }],
    [["20/month"], { budgetUsdPerMonth: 20 }],
    [["$20/MONTH"], { budgetUsdPerMonth: 20 }],
    [["20/month", "1/day"], { budgetUsdPerDay: 1, budgetUsdPerMonth: 20 }],
    [["none"], { budgetUsdPerDay: null, budgetUsdPerMonth: null }],
    [["none/month"], { budgetUsdPerMonth: null }],
    [["3", "none/month"], { budgetUsdPerDay: 3, budgetUsdPerMonth: null }],
  ])("reads a budget of %j", async (budget, expected) => {
    const { keys, run } = commands();
    await run("create", "bot", { budget });
    expect(keys.create.mock.calls[0]?.[1]).toEqual(expected);
  });

  test("reads an expiry as a duration from now", async () => {
    const { keys, run } = commands();
    stopClock();
    const beforeMs = Date.now();
    await run("create", "bot", { expires: "30d" });
    const inMs = Date.parse(keys.create.mock.calls[0]?.[1].expiresAt ?? "") - beforeMs;
    expect(inMs).toBe(30 * 24 * 3_600_000);
  });

  test.each([
    [{ mode: ["passthrough", "owner"] }, '"owner" is not a mode: use passthrough, light, agent'],
    [{ rpm: "0" }, "--rpm must be a whole number from 1 to 1000000000, or none, not"],
    [{ rpm: "many" }, '--rpm must be a whole number from 1 to 1000000000, or none, not "many"'],
    [{ tpm: "1.5" }, "--tpm must be a whole number"],
    [{ tpm: "1e10" }, "--tpm must be a whole number"],
    [{ concurrency: "-1" }, "--concurrency must be a whole number"],
    [{ concurrency: "" }, "--concurrency must be a whole number"],
    [{ budget: ["0"] }, "--budget must be dollars per day or per month, such as 2.50 or 20/month"],
    [{ budget: ["2,50"] }, 'such as 2.50 or 20/month, not "2,50"'],
    [{ budget: ["20/year"] }, "--budget must be dollars per day or per month"],
    [{ budget: ["1e3"] }, "--budget must be dollars per day or per month"],
    [{ budget: ["Infinity"] }, "--budget must be dollars per day or per month"],
    [{ budget: ["9".repeat(400)] }, "--budget must be dollars per day or per month"],
    [{ budget: [""] }, "--budget must be dollars per day or per month"],
    [{ budget: ["1", "2/day"] }, "--budget may be given once per day and once per month"],
    [{ budget: ["none", "2/day"] }, "--budget may be given once per day and once per month"],
    [{ expires: "2020-01-01" }, "--expires must be in the future"],
    [{ expires: "2027-13-45" }, "--expires must be in the future"],
    [{ expires: "soon" }, '"soon" is not a duration: use a number above 0 and a unit'],
    [{ expires: "0d" }, "is not a duration"],
    [{ expires: "36601d" }, "up to 100 years"],
    [{ expires: "99999999d" }, "up to 100 years"],
  ])("refuses %j in words and with 2, before anything is made", async (options, words) => {
    const { keys, run } = commands();
    const { printed, complaint, exitCode } = await run("create", "bot", options);
    expect(complaint).toContain(words);
    expect([printed, exitCode]).toEqual([undefined, 2]);
    expect(keys.create).not.toHaveBeenCalled();
  });
});

describe("update", () => {
  test("accepts new settings and removes limits", async () => {
    const { keys, run } = commands();
    const { printed } = await run("update", "bot", {
      rpm: "60",
      tpm: "none",
      concurrency: "none",
      expires: "none",
      tools: ["none"],
      allAgents: true,
      agentsModels: true,
    });
    expect(keys.update).toHaveBeenCalledWith("bot", {
      requestsPerMinute: 60,
      tokensPerMinute: null,
      maxConcurrent: null,
      expiresAt: null,
      tools: "none",
      agents: null,
      models: null,
    });
    expect(printed).toMatch(/Key "bot" updated\.$/);
  });

  test("rejects an update without changes", async () => {
    const { keys, run } = commands();
    const { complaint, exitCode } = await run("update", "bot", {});
    expect([complaint, exitCode]).toEqual([
      expect.stringContaining("nothing to change: give an option"),
      2,
    ]);
    expect(keys.update).not.toHaveBeenCalled();
  });

  test("rejects contradicting options", async () => {
    const { keys, run } = commands();
    const answer = await run("update", "bot", { agent: ["ada"], allAgents: true });
    expect([answer.complaint, answer.exitCode]).toEqual([
      "--all-agents conflicts with another option: both set `agents`",
      2,
    ]);
    expect(keys.update).not.toHaveBeenCalled();
  });
});

describe("rotate", () => {
  test.each([
    ["24h", 24 * 3_600_000],
    ["90s", 90_000],
    ["0", 0],
  ])("accepts a grace period of %s", async (grace, graceMs) => {
    const { keys, run } = commands();
    expect((await run("rotate", "bot", { grace })).printed).toMatch(/\nocp_next$/);
    expect(keys.rotate).toHaveBeenCalledWith("bot", graceMs);
  });

  test("rejects a grace period that is not a duration", async () => {
    const { keys, run } = commands();
    const { complaint, exitCode } = await run("rotate", "bot", { grace: "a while" });
    expect([complaint, exitCode]).toEqual([expect.stringContaining("is not a duration"), 2]);
    expect(keys.rotate).not.toHaveBeenCalled();
  });
});

test("revoke says that it is done", async () => {
  expect((await commands().run("revoke", "bot", {})).printed).toBe('Key "bot" revoked.');
});

test("import lists the moved keys, or says that there were none", async () => {
  const { keys, run } = commands();
  expect((await run("import", [], {})).printed).toBe("The config declares no keys.");
  expect(keys.import).toHaveBeenCalledWith([]);
  keys.import.mockResolvedValueOnce(["bot", "phone"]);
  expect((await run("import", ["bot", "phone"], {})).printed).toBe(
    "Moved from the config: bot, phone.",
  );
  expect(keys.import).toHaveBeenCalledWith(["bot", "phone"]);
});

describe("with --json", () => {
  test.each([
    ["create", ["bot"], { ...view("bot"), text: "ocp_new", notes: [] }],
    ["list", [], []],
    ["show", ["bot"], details("bot")],
    ["update", ["bot"], { ...view("bot", { requestsPerMinute: 1 }), notes: [] }],
    ["rotate", ["bot"], { ...view("bot"), text: "ocp_next" }],
    ["revoke", ["bot"], { name: "bot", places: ["file"] }],
    ["import", [[]], { moved: [] }],
  ])("%s prints its result, and a key's text only once", async (name, operands, expected) => {
    const options = { json: true, ...(name === "update" ? { rpm: "1" } : {}) };
    const { printed = "", exitCode } = await commands().run(name, ...operands, options);
    expect(JSON.parse(printed)).toEqual(expected);
    expect(printed.split("ocp_").length - 1).toBe("text" in expected ? 1 : 0);
    expect(exitCode).toBeUndefined();
  });

  test("a failure is printed as JSON and as a message", async () => {
    const { keys, run } = commands();
    const message = 'there is no key "eve"; existing keys: bot';
    keys.revoke.mockRejectedValueOnce(new Error(message));
    const failed = await run("revoke", "eve", { json: true });
    expect([JSON.parse(failed.printed ?? ""), failed.complaint, failed.exitCode]).toEqual([
      { ok: false, error: { type: "command_failed", message } },
      message,
      1,
    ]);
    const misused = await run("create", "eve", { json: true, rpm: "many" });
    expect(JSON.parse(misused.printed ?? "").error.type).toBe("usage_error");
    expect(misused.exitCode).toBe(2);
  });
});

test("without --json, a failure exits with 1 and prints only a message", async () => {
  const { keys, run } = commands();
  keys.show.mockRejectedValueOnce(new Error('there is no key "eve"; no keys exist'));
  expect(await run("show", "eve", {})).toEqual({
    printed: undefined,
    complaint: 'there is no key "eve"; no keys exist',
    exitCode: 1,
  });
});

test("a command line that Commander cannot parse exits with 2; help does not", async () => {
  const refusal = async (exitCode: number) => {
    const { line, run } = commands();
    expect(() => line.refuse(Object.assign(new Error("no"), { exitCode }))).toThrow("no");
    return (await run("list", {})).exitCode;
  };
  expect([await refusal(1), await refusal(0)]).toEqual([2, undefined]);
});
