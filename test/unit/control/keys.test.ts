import { describe, expect, test } from "vitest";
import { createKeys, type NewKey, type StoredKeys } from "../../../src/control/keys.ts";
import { isKeyText, keyDigest } from "../../../src/keys/key-text.ts";
import type { LedgerState } from "../../../src/keys/ledger.ts";

const nowMs = Date.parse("2026-11-20T12:00:00Z");
const key: NewKey = { modes: ["passthrough", "light"] };
const digestOf = (text: string) => keyDigest(text).toString("hex");

/** Keys in a config that is an object here. */
function keysIn(stored: StoredKeys = {}, usage?: LedgerState) {
  const config: StoredKeys = stored;
  const keys = createKeys({
    keys: () => config,
    agentIds: () => ["ada", "bob"],
    change: async (change) => change(config),
    usage: async () => usage,
    now: () => nowMs,
  });
  return { config, keys };
}

describe("a new key", () => {
  test("is given out once and kept as a digest, under an id of its own", async () => {
    const { config, keys } = keysIn();
    const text = await keys.create("bot", { ...key, agents: ["ada"], requestsPerMinute: 5 });
    expect(isKeyText(text)).toBe(true);
    expect(config["bot"]).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{12}$/),
      sha256: digestOf(text),
      modes: ["passthrough", "light"],
      agents: ["ada"],
      requestsPerMinute: 5,
    });
    expect(JSON.stringify(config)).not.toContain(text);
    await keys.create("other", key);
    expect(config["other"]?.id).not.toBe(config["bot"]?.id);
  });

  test.each([
    ["", /is no name for a key/],
    ["-x", /is no name for a key/],
    ["my key", /is no name for a key/],
    ["__proto__", /is no name for a key/],
    ["é", /is no name for a key/],
    ["a\n", /is no name for a key/],
    ["x".repeat(65), /1 to 64/],
    ["taken", /already: rotate it .* or revoke it first/],
  ])("is not named %j", async (name, words) => {
    const { config, keys } = keysIn();
    await keys.create("taken", key);
    const before = JSON.stringify(config);
    await expect(keys.create(name, key)).rejects.toThrow(words);
    expect(JSON.stringify(config)).toBe(before);
  });

  test("may have the name of what every object has", async () => {
    const { config, keys } = keysIn();
    await keys.create("constructor", key);
    expect(Object.keys(config)).toEqual(["constructor"]);
  });

  test("is for agents that there are", async () => {
    const { config, keys } = keysIn();
    await expect(keys.create("bot", { ...key, agents: ["ada", "eve"] })).rejects.toThrow(
      'there is no agent "eve"; there are: ada, bob',
    );
    expect(config).toEqual({});
  });
});

describe("rotation", () => {
  test("gives a new text, and lets the old one work for a while", async () => {
    const { config, keys } = keysIn();
    const old = await keys.create("bot", { ...key, agents: ["ada"] });
    const id = config["bot"]?.id;
    const next = await keys.rotate("bot", 3_600_000);
    expect(config["bot"]).toEqual({
      id,
      sha256: digestOf(next),
      previous: { sha256: digestOf(old), validUntil: "2026-11-20T13:00:00.000Z" },
      modes: ["passthrough", "light"],
      agents: ["ada"],
    });
  });

  test("without a while ends the old text at once, and the one before with the next rotation", async () => {
    const { config, keys } = keysIn();
    await keys.create("bot", key);
    const second = await keys.rotate("bot", 3_600_000);
    await keys.rotate("bot", 3_600_000);
    expect(config["bot"]?.previous?.sha256).toBe(digestOf(second));
    await keys.rotate("bot", 0);
    expect(config["bot"]).not.toHaveProperty("previous");
  });
});

describe("a key that is not there", () => {
  test.each(["nobody", "toString", "constructor"])(
    "is named, with those that are: %s",
    async (name) => {
      const { keys } = keysIn();
      const none = `there is no key "${name}"; there are none`;
      await expect(keys.revoke(name)).rejects.toThrow(none);
      await keys.create("bot", key);
      const others = `there is no key "${name}"; there are: bot`;
      await expect(keys.revoke(name)).rejects.toThrow(others);
      await expect(keys.rotate(name, 0)).rejects.toThrow(others);
    },
  );
});

test("a key that is revoked is gone from the config, and only that one", async () => {
  const { config, keys } = keysIn();
  await keys.create("bot", key);
  await keys.create("phone", key);
  await keys.revoke("bot");
  expect(Object.keys(config)).toEqual(["phone"]);
});

test("the list has what a key allows and has used, and no digest", async () => {
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
      isExpired: true,
      usage: [],
    },
    { name: "phone", key: { ...key, id: "k2" }, isExpired: false, usage: [row] },
  ]);
});
