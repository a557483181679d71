import { describe, expect, test, vi } from "vitest";
import { type Command, registerCommands } from "../../../src/control/cli.ts";
import type { Keys } from "../../../src/control/keys.ts";
import { createKeysCommand } from "../../../src/control/keys-command.ts";

type Action = (...parameters: unknown[]) => Promise<void>;

/** What the host would make of `passthrough keys …`: its commands by their names, without what they take. */
function commands() {
  const keys = {
    create: vi.fn<Keys["create"]>(async () => "ocp_new"),
    list: vi.fn<Keys["list"]>(async () => []),
    revoke: vi.fn<Keys["revoke"]>(async () => undefined),
    rotate: vi.fn<Keys["rotate"]>(async () => "ocp_next"),
    import: vi.fn<Keys["import"]>(async () => []),
  };
  const terminal = {
    print: vi.fn<(text: string) => void>(),
    fail: vi.fn<(text: string) => void>(),
  };
  const actions = new Map<string, Action>();
  const commandAt = (path: string): Command => {
    const command: Command = {
      command: (name) => commandAt(`${path} ${name.split(" ", 1)[0]}`.trim()),
      description: () => command,
      option: () => command,
      action(run) {
        actions.set(path, run as unknown as Action);
        return command;
      },
    };
    return command;
  };
  registerCommands(commandAt(""), [createKeysCommand(keys)], terminal);
  const run = async (name: string, ...parameters: unknown[]) => {
    await actions.get(`passthrough keys ${name}`)?.(...parameters);
    return { printed: terminal.print.mock.calls[0]?.[0], failed: terminal.fail.mock.calls[0]?.[0] };
  };
  return { keys, actions, run };
}

test("there are create, import, list, rotate and revoke", () => {
  expect([...commands().actions.keys()].sort()).toEqual([
    "passthrough keys create",
    "passthrough keys import",
    "passthrough keys list",
    "passthrough keys revoke",
    "passthrough keys rotate",
  ]);
});

describe("create", () => {
  test("prints the key on a line of its own, at the end", async () => {
    const { keys, run } = commands();
    const { printed } = await run("create", "bot", {});
    expect(printed).toBe("Keep this key, it is not shown again:\nocp_new");
    expect(keys.create).toHaveBeenCalledWith("bot", { modes: ["passthrough", "light"] });
  });

  test.each([
    [["read,memory_search"], ["read", "memory_search"]],
    [
      ["read", "write", "read"],
      ["read", "write"],
    ],
    [["none"], "none"],
    [["agent"], "agent"],
  ])("takes tools as %j", async (tools, expected) => {
    const { keys, run } = commands();
    await run("create", "bot", { mode: ["agent"], tools });
    expect(keys.create).toHaveBeenCalledWith("bot", { modes: ["agent"], tools: expected });
  });

  test.each([[["*"]], [["group:fs"]], [["agent,read"]], [["none", "read"]], [[","]]])(
    "refuses tools such as %j",
    async (tools) => {
      const { keys, run } = commands();
      expect((await run("create", "bot", { tools })).failed).toMatch(/^--tools has to be none/);
      expect(keys.create).not.toHaveBeenCalled();
    },
  );

  test("says what a key with agent runs can do", async () => {
    const printed = async (options: object) =>
      (await commands().run("create", "bot", { mode: ["agent"], ...options })).printed;
    expect(await printed({ tools: ["agent"] })).toMatch(/^Careful: .*running commands/);
    expect(await printed({ tools: ["read"] })).toContain("these tools of the host: read.");
    expect(await printed({})).toMatch(
      /none of the host's tools.*allowConversationAccess: true.*\n\nKeep.*\nocp_new$/s,
    );
  });

  test("takes all that a key may carry", async () => {
    const { keys, run } = commands();
    await run("create", "bot", {
      agent: ["Ada", "bob"],
      model: ["local/*", "cloud/c1"],
      mode: ["agent", "light"],
      rpm: "60",
      tpm: "10000",
      concurrency: "4",
      budget: "2.50",
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
      expiresAt: "2999-01-31T00:00:00.000Z",
    });
  });

  test.each(["2.5", "$2.5", "2.5USD", "2.50 usd/day", "$2.5/day"])(
    "reads a budget of %s",
    async (budget) => {
      const { keys, run } = commands();
      await run("create", "bot", { budget });
      expect(keys.create.mock.calls[0]?.[1].budgetUsdPerDay).toBe(2.5);
    },
  );

  test("reads an expiry as a duration from now", async () => {
    const { keys, run } = commands();
    const beforeMs = Date.now();
    await run("create", "bot", { expires: "30d" });
    const inMs = Date.parse(keys.create.mock.calls[0]?.[1].expiresAt ?? "") - beforeMs;
    expect(Math.abs(inMs - 30 * 24 * 3_600_000)).toBeLessThan(5000);
  });

  test.each([
    [{ mode: ["passthrough", "owner"] }, '"owner" is no mode: write passthrough, light, agent'],
    [{ rpm: "0" }, "--rpm has to be a whole number from 1 to 1000000000, and not"],
    [{ rpm: "many" }, '--rpm has to be a whole number from 1 to 1000000000, and not "many"'],
    [{ tpm: "1.5" }, "--tpm has to be a whole number"],
    [{ tpm: "1e10" }, "--tpm has to be a whole number"],
    [{ concurrency: "-1" }, "--concurrency has to be a whole number"],
    [{ concurrency: "" }, "--concurrency has to be a whole number"],
    [{ budget: "0" }, "--budget has to be dollars a day, such as 2.50, and not"],
    [{ budget: "2,50" }, '--budget has to be dollars a day, such as 2.50, and not "2,50"'],
    [{ budget: "Infinity" }, "--budget has to be dollars a day"],
    [{ budget: "" }, "--budget has to be dollars a day"],
    [{ expires: "2020-01-01" }, "--expires has to be in the future"],
    [{ expires: "2027-13-45" }, "--expires has to be in the future"],
    [{ expires: "soon" }, '"soon" is no duration: write a number above 0 with its unit'],
    [{ expires: "0d" }, "is no duration"],
    [{ expires: "36601d" }, "for 100 years at most"],
    [{ expires: "99999999d" }, "for 100 years at most"],
  ])("refuses %j in words, before anything is made", async (options, words) => {
    const { keys, run } = commands();
    const { printed, failed } = await run("create", "bot", options);
    expect(failed).toContain(words);
    expect(printed).toBeUndefined();
    expect(keys.create).not.toHaveBeenCalled();
  });
});

describe("rotate", () => {
  test.each([
    ["24h", 24 * 3_600_000],
    ["90s", 90_000],
    ["0", 0],
  ])("with a grace of %s", async (grace, graceMs) => {
    const { keys, run } = commands();
    expect((await run("rotate", "bot", { grace })).printed).toMatch(/\nocp_next$/);
    expect(keys.rotate).toHaveBeenCalledWith("bot", graceMs);
  });

  test("refuses a grace that is no duration", async () => {
    const { keys, run } = commands();
    expect((await run("rotate", "bot", { grace: "a while" })).failed).toContain("is no duration");
    expect(keys.rotate).not.toHaveBeenCalled();
  });
});

test("revoke says that it is done, and what went wrong otherwise", async () => {
  const { keys, run } = commands();
  expect((await run("revoke", "bot", {})).printed).toBe('The key "bot" is revoked.');
  keys.revoke.mockRejectedValueOnce(new Error('there is no key "eve"; there are: bot'));
  expect((await run("revoke", "eve", {})).failed).toBe('there is no key "eve"; there are: bot');
});

test("list prints words, or JSON where that is asked for", async () => {
  expect((await commands().run("list", {})).printed).toContain("There are no virtual keys");
  expect((await commands().run("list", { json: true })).printed).toBe("[]");
});

test("import says what was moved, or that there was nothing", async () => {
  const { keys, run } = commands();
  expect((await run("import", [])).printed).toBe("The config declares no keys.");
  const next = commands();
  next.keys.import.mockResolvedValueOnce(["bot", "phone"]);
  expect((await next.run("import", ["bot", "phone"])).printed).toBe(
    "Moved from the config: bot, phone.",
  );
  expect(keys.import).toHaveBeenCalledWith([]);
  expect(next.keys.import).toHaveBeenCalledWith(["bot", "phone"]);
});
