import { describe, expect, test } from "vitest";
import type { StoredKeys } from "../../../src/config/schema.ts";
import { createKeys } from "../../../src/control/keys.ts";
import { isKeyText, keyDigest } from "../../../src/access/key-text.ts";
import type { LedgerState } from "../../../src/quota/ledger.ts";

const nowMs = Date.parse("2026-11-20T12:00:00Z");
const key = { modes: ["passthrough" as const, "light" as const] };
const digestOf = (text: string) => keyDigest(text).toString("hex");

/** Keys whose file and config are plain objects. */
function keysIn(file: StoredKeys = {}, usage?: LedgerState, declared: StoredKeys = {}) {
  const steps: string[] = [];
  const changeOf = (what: string, stored: StoredKeys) => async (to: (keys: StoredKeys) => void) => {
    const next = structuredClone(stored);
    to(next);
    for (const name of Object.keys(stored)) {
      delete stored[name];
    }
    Object.assign(stored, next);
    steps.push(what);
  };
  const keys = createKeys({
    declared: () => declared,
    changeDeclared: changeOf("config", declared),
    file: { path: "keys.json", read: async () => file, change: changeOf("file", file) },
    agentIds: () => ["ada", "bob"],
    usage: async () => usage,
    now: () => nowMs,
    untilRead: async () => steps.push("read"),
  });
  return { file, declared, steps, keys };
}

describe("a new key", () => {
  test("is returned once and stored as a digest with its own id", async () => {
    const { file, keys } = keysIn();
    const { text } = await keys.create("bot", { ...key, agents: ["ada"], requestsPerMinute: 5 });
    expect(isKeyText(text)).toBe(true);
    expect(file["bot"]).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{12}$/),
      sha256: digestOf(text),
      modes: ["passthrough", "light"],
      agents: ["ada"],
      requestsPerMinute: 5,
    });
    expect(JSON.stringify(file)).not.toContain(text);
    await keys.create("other", key);
    expect(file["other"]?.id).not.toBe(file["bot"]?.id);
  });

  test.each([
    ["", /is not a valid key name/],
    ["-x", /is not a valid key name/],
    ["my key", /is not a valid key name/],
    ["__proto__", /is not a valid key name/],
    ["é", /is not a valid key name/],
    ["a\n", /is not a valid key name/],
    ["x".repeat(65), /1 to 64/],
    ["taken", /already exists in keys.json: rotate it .* or revoke it first/],
  ])("is not named %j", async (name, words) => {
    const { file, keys } = keysIn();
    await keys.create("taken", key);
    const before = JSON.stringify(file);
    await expect(keys.create(name, key)).rejects.toThrow(words);
    expect(JSON.stringify(file)).toBe(before);
  });

  test("can be named like a member of Object.prototype", async () => {
    const { file, keys } = keysIn();
    await keys.create("constructor", key);
    expect(Object.keys(file)).toEqual(["constructor"]);
  });

  test("cannot list an unknown agent", async () => {
    const { file, keys } = keysIn();
    await expect(keys.create("bot", { ...key, agents: ["ada", "eve"] })).rejects.toThrow(
      'there is no agent "eve"; agents: ada, bob',
    );
    expect(file).toEqual({});
  });
});

describe("a key for metrics", () => {
  test("has no other setting than its expiry", async () => {
    const { file, keys } = keysIn();
    const expiresAt = "2027-01-31T00:00:00.000Z";
    await keys.create("prometheus", { metrics: true, expiresAt });
    expect(file["prometheus"]).toMatchObject({ metrics: true, expiresAt });
    await expect(keys.create("both", { metrics: true, requestsPerMinute: 5 })).rejects.toThrow(
      /only reads metrics, so `requestsPerMinute` does not apply to it: leave that option out/,
    );
    await expect(keys.update("prometheus", { agents: ["ada"] })).rejects.toThrow(/`agents` does/);
    expect(Object.keys(file)).toEqual(["prometheus"]);
    await keys.update("prometheus", { expiresAt: null });
    expect(file["prometheus"]).not.toHaveProperty("expiresAt");
  });
});

describe("rotation", () => {
  test("creates a new text and keeps the old one valid for the grace period", async () => {
    const { file, keys } = keysIn();
    const { text: old } = await keys.create("bot", { ...key, agents: ["ada"] });
    const id = file["bot"]?.id;
    const { text: next } = await keys.rotate("bot", 3_600_000);
    expect(file["bot"]).toEqual({
      id,
      sha256: digestOf(next),
      previous: { sha256: digestOf(old), validUntil: "2026-11-20T13:00:00.000Z" },
      modes: ["passthrough", "light"],
      agents: ["ada"],
    });
  });

  test("keeps only the latest old text; without a grace period, none", async () => {
    const { file, keys } = keysIn();
    await keys.create("bot", key);
    const { text: second } = await keys.rotate("bot", 3_600_000);
    await keys.rotate("bot", 3_600_000);
    expect(file["bot"]?.previous?.sha256).toBe(digestOf(second));
    await keys.rotate("bot", 0);
    expect(file["bot"]).not.toHaveProperty("previous");
  });
});

describe("an unknown key", () => {
  test.each(["nobody", "toString", "constructor"])(
    "is refused with its name and the existing keys: %s",
    async (name) => {
      const { keys } = keysIn();
      const none = `there is no key "${name}"; no keys exist`;
      await expect(keys.revoke(name)).rejects.toThrow(none);
      await keys.create("bot", key);
      const others = `there is no key "${name}"; existing keys: bot`;
      await expect(keys.revoke(name)).rejects.toThrow(others);
      await expect(keys.rotate(name, 0)).rejects.toThrow(others);
    },
  );
});

test("revoking a key removes only that key from the file", async () => {
  const { file, keys } = keysIn();
  await keys.create("bot", key);
  await keys.create("phone", key);
  await keys.revoke("bot");
  expect(Object.keys(file)).toEqual(["phone"]);
});

test("the list shows what each key allows and has used, and no digest", async () => {
  const sums = {
    requests: 1,
    errors: 0,
    tokensIn: 1,
    tokensOut: 1,
    tokensCached: 0,
    tokensCacheWrite: 0,
    costUsd: 0.5,
  };
  const row = { agent: "ada", model: "local/m1", total: sums, month: sums, today: sums };
  const { keys } = keysIn(
    {
      bot: { ...key, id: "k1", sha256: "a".repeat(64), expiresAt: "2026-11-20T12:00:00Z" },
      phone: {
        ...key,
        id: "k2",
        sha256: "b".repeat(64),
        previous: { sha256: "c".repeat(64), validUntil: "2026-11-21T00:00:00Z" },
      },
    },
    {
      version: 2,
      day: "2026-11-20",
      rows: [
        { keyId: "k2", ...row },
        { keyId: "revoked", ...row },
      ],
    },
  );
  const lines = await keys.list();
  expect(lines).toEqual([
    {
      name: "bot",
      key: { ...key, id: "k1", expiresAt: "2026-11-20T12:00:00Z" },
      place: "file",
      state: "expired",
      usage: [],
    },
    {
      name: "phone",
      place: "file",
      state: "active",
      key: { ...key, id: "k2" },
      previousValidUntil: "2026-11-21T00:00:00Z",
      usage: [row],
    },
  ]);
});

const stored = (id: string): StoredKeys[string] => ({ ...key, id, sha256: id.repeat(64) });

describe("a key declared in the config", () => {
  test("is listed, rotated and revoked in the config", async () => {
    const { file, declared, keys } = keysIn({ made: stored("a") }, undefined, { own: stored("b") });
    expect((await keys.list()).map(({ name, place }) => [name, place])).toEqual([
      ["own", "config"],
      ["made", "file"],
    ]);
    const { text: next } = await keys.rotate("own", 0);
    expect(declared["own"]?.sha256).toBe(digestOf(next));
    await keys.revoke("own");
    expect([declared, Object.keys(file)]).toEqual([{}, ["made"]]);
  });

  test("prevents another key with the same name; the error names both places", async () => {
    const { file, keys } = keysIn({}, undefined, { own: stored("b") });
    await expect(keys.create("own", key)).rejects.toThrow(
      /config\.keys\.own\), and a second one in keys\.json would be ignored/,
    );
    expect(file).toEqual({});
  });
});

describe("a name in both places", () => {
  const both = () => keysIn({ bot: stored("a") }, undefined, { bot: stored("b") });

  test("is listed twice, one of them as ignored", async () => {
    expect((await both().keys.list()).map(({ place, state }) => [place, state])).toEqual([
      ["config", "active"],
      ["file", "ignored"],
    ]);
  });

  test("cannot be rotated or imported; the error names both places", async () => {
    const words = /plugins\.entries\.passthrough\.config\.keys\.bot\) and in keys\.json/;
    await expect(both().keys.rotate("bot", 0)).rejects.toThrow(words);
    await expect(both().keys.import([])).rejects.toThrow(words);
  });

  test("is revoked in both places", async () => {
    const { file, declared, keys } = both();
    await keys.revoke("bot");
    expect([file, declared]).toEqual([{}, {}]);
  });
});

describe("import", () => {
  test("moves all keys of the config or only the named ones, first into the file", async () => {
    const { file, declared, steps, keys } = keysIn({ made: stored("a") }, undefined, {
      own: stored("b"),
      other: stored("c"),
    });
    expect(await keys.import(["own"])).toEqual(["own"]);
    expect([Object.keys(file), Object.keys(declared)]).toEqual([["made", "own"], ["other"]]);
    expect(file["own"]).toEqual(stored("b"));
    expect(await keys.import([])).toEqual(["other"]);
    expect([Object.keys(file), declared]).toEqual([["made", "own", "other"], {}]);
    expect(await keys.import([])).toEqual([]);
    expect(steps).toEqual(["file", "read", "config", "file", "read", "config"]);
  });

  test("completes an interrupted import that left the key in both places", async () => {
    const { file, declared, keys } = keysIn({ own: stored("b") }, undefined, { own: stored("b") });
    expect(await keys.list()).toHaveLength(1);
    await keys.import([]);
    expect([Object.keys(file), declared]).toEqual([["own"], {}]);
  });

  test("refuses a key that the config does not declare, and moves nothing", async () => {
    const { file, keys } = keysIn({ made: stored("a") }, undefined, { own: stored("b") });
    await expect(keys.import(["own", "made"])).rejects.toThrow(
      'there is no key "made"; existing keys: own',
    );
    expect(Object.keys(file)).toEqual(["made"]);
  });
});

describe("an update", () => {
  test("sets the given members, removes null ones, and keeps text, id and old text", async () => {
    const before = {
      ...stored("a"),
      previous: { sha256: "b".repeat(64), validUntil: "2026-11-21T00:00:00Z" },
      agents: ["ada"],
      requestsPerMinute: 5,
      budgetUsdPerDay: 1,
    };
    const { file, keys } = keysIn({ bot: before });
    const updated = await keys.update("bot", {
      agents: null,
      requestsPerMinute: null,
      budgetUsdPerMonth: 20,
    });
    const { agents: _agents, requestsPerMinute: _rpm, ...left } = before;
    expect(file["bot"]).toEqual({ ...left, budgetUsdPerMonth: 20 });
    expect(updated).toEqual({
      name: "bot",
      place: "file",
      state: "active",
      key: { id: "a", ...key, budgetUsdPerDay: 1, budgetUsdPerMonth: 20 },
      previousValidUntil: "2026-11-21T00:00:00Z",
    });
  });

  test("also works in the config, and can extend an expired key", async () => {
    const expired = { ...stored("a"), expiresAt: "2026-11-20T11:00:00Z" };
    const { declared, keys } = keysIn({}, undefined, { own: expired });
    expect((await keys.list())[0]?.state).toBe("expired");
    const { state, place } = await keys.update("own", { expiresAt: "2026-11-20T13:00:00Z" });
    expect([state, place]).toEqual(["active", "config"]);
    expect(declared["own"]?.expiresAt).toBe("2026-11-20T13:00:00Z");
  });

  test.each([
    ["eve", {}, 'there is no key "eve"; existing keys: bot'],
    ["bot", { agents: ["eve"] }, 'there is no agent "eve"; agents: ada, bob'],
    ["bot", { requestsPerMinute: 0 }, "requestsPerMinute: Expected integer"],
  ])("of %s with %j is refused and changes nothing", async (name, change, words) => {
    const { file, keys } = keysIn({ bot: stored("a") });
    await expect(keys.update(name, change)).rejects.toThrow(words);
    expect(file).toEqual({ bot: stored("a") });
  });
});

describe("the details of a key", () => {
  const sumsOf = (costUsd: number) => ({
    requests: 1,
    errors: 0,
    tokensIn: 10,
    tokensOut: 5,
    tokensCached: 0,
    tokensCacheWrite: 0,
    costUsd,
  });
  const usedOn = (day: string): LedgerState => ({
    version: 2,
    day,
    rows: ["local/m1", "cloud/c1"].map((model) => ({
      keyId: "a",
      agent: "ada",
      model,
      total: sumsOf(8),
      month: sumsOf(4),
      today: sumsOf(0.5),
    })),
  });
  const limited = {
    ...stored("a"),
    requestsPerMinute: 60,
    budgetUsdPerDay: 1.5,
    budgetUsdPerMonth: 6,
  };

  test("show what is left of its budgets and when they reset", async () => {
    const { keys } = keysIn({ bot: limited }, usedOn("2026-11-20"));
    const shown = await keys.show("bot");
    expect(shown.limits).toEqual({
      requests: { limit: 60 },
      budgetDay: { limit: 1.5, remaining: 0.5, resetAt: "2026-11-21T00:00:00.000Z" },
      budgetMonth: { limit: 6, remaining: 0, resetAt: "2026-12-01T00:00:00.000Z" },
    });
    expect([shown.today.costUsd, shown.month.costUsd, shown.total.requests]).toEqual([1, 8, 2]);
    expect(shown.usage.map(({ model }) => model)).toEqual(["local/m1", "cloud/c1"]);
    expect(JSON.stringify(shown)).not.toContain(limited.sha256);
  });

  test("show no usage today if the gateway last wrote on an earlier day", async () => {
    const { keys } = keysIn({ bot: limited }, usedOn("2026-11-19"));
    const { today, month, total, limits } = await keys.show("bot");
    expect([today.costUsd, month.costUsd, total.costUsd]).toEqual([0, 8, 16]);
    expect(limits.budgetDay?.remaining).toBe(1.5);
    expect((await keys.list())[0]?.usage.map((row) => row.today.requests)).toEqual([0, 0]);
  });

  test("list the existing keys if the name is unknown", async () => {
    const { keys } = keysIn({ bot: limited });
    await expect(keys.show("eve")).rejects.toThrow('there is no key "eve"; existing keys: bot');
  });
});
