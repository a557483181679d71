/** Virtual keys on the relay's own surface, without a real gateway. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changeKeyFile } from "../../src/access/key-file.ts";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import { call, until } from "../support/client.ts";
import { json } from "../support/provider.ts";
import { stopClock } from "../support/clock.ts";
import { fakeHost, startRelayServer } from "../support/relay-server.ts";
import { socketsRead } from "../support/sockets.ts";
import { messages, useFixture } from "./fixture.ts";

const fixture = useFixture();
const key = createKeyText();
const headers = { authorization: `Bearer ${key}` };
const cost = { input: 10, output: 10, cacheRead: 1, cacheWrite: 12 };

let stateFolder = "";
beforeAll(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), "openclaw-passthrough-keys-"));
});
afterAll(() => rm(stateFolder, { recursive: true }));

const hostWith = (limits: object) =>
  fakeHost({
    models: ["a/m1"],
    providers: { a: fixture.provider.baseUrl },
    cost,
    stateFolder,
    config: {
      keys: {
        bot: {
          id: "k1",
          sha256: keyDigest(key).toString("hex"),
          modes: ["passthrough"],
          ...limits,
        },
      },
    },
  });

describe("a budget", () => {
  test("applies to the first request after startup, even if the ledger is still being opened", async () => {
    stopClock();
    const sums = { requests: 1, errors: 0, tokensIn: 1, tokensOut: 1, tokensCached: 0, costUsd: 2 };
    const day = new Date().toISOString().slice(0, 10);
    const rows = [{ keyId: "k1", agent: "main", model: "a/m1", total: sums, today: sums }];
    await mkdir(join(stateFolder, "passthrough"), { mode: 0o700 });
    const file = join(stateFolder, "passthrough", "usage.json");
    await writeFile(file, JSON.stringify({ version: 1, day, rows }), { mode: 0o600 });
    const arrived = Promise.withResolvers<void>();
    const relay = await startRelayServer(hostWith({ budgetUsdPerDay: 1 }), {
      beforeOpening: arrived.promise.then(socketsRead),
      admit: async () => arrived.resolve(),
    });
    const answer = await call(`${relay.url}/passthrough/v1/chat/completions`, {
      body: { messages },
      headers,
    });
    expect([answer.status, JSON.parse(answer.body.toString()).error.code]).toEqual([
      429,
      "insufficient_quota",
    ]);
    await relay.close();
  });

  test("and the other limits still apply when max_tokens is 1e999", async () => {
    const relay = await startRelayServer(hostWith({ tokensPerMinute: 20 }));
    const ask = (body: string) =>
      call(`${relay.url}/passthrough/v1/chat/completions`, { body, headers });
    const endless = '{"messages":[],"max_tokens":1e999}';
    expect((await ask(endless)).status).toBe(200);
    expect((await ask(endless)).status).toBe(200);
    expect((await ask(endless)).status).toBe(429);
    await relay.close();
  });
});

test.each([401, 403])("a provider's %i costs a key nothing", async (status) => {
  const relay = await startRelayServer(hostWith({ id: `k${status}`, tokensPerMinute: 1000 }));
  fixture.provider.behave("m1", json({ error: { message: "no" } }, status));
  await call(`${relay.url}/passthrough/v1/chat/completions`, { body: { messages }, headers });
  const usage = await call(`${relay.url}/passthrough/v1/usage`, { headers });
  expect(fixture.provider.requests).toHaveLength(1);
  expect(JSON.parse(usage.body.toString()).today).toMatchObject({
    requests: 1,
    errors: 1,
    tokensIn: 0,
    costUsd: 0,
  });
  await relay.close();
});

describe("a key with model limits", () => {
  const outcome = async (path: string, body: object | string, limits: object, more = {}) => {
    const relay = await startRelayServer(hostWith(limits));
    const answer = await call(`${relay.url}/passthrough/v1${path}`, {
      body,
      headers: { ...headers, ...more },
    });
    await relay.close();
    return { status: answer.status, ...JSON.parse(answer.body.toString()) };
  };

  test.each([
    ["chat", "/chat/completions", { messages }, {}],
    ["embeddings", "/embeddings", { input: "x" }, {}],
    ["light", "/chat/completions", { messages }, { "x-openclaw-light-context": "1" }],
    ["agent", "/chat/completions", { messages }, { "x-openclaw-light-context": "0" }],
  ])(
    "cannot choose another model by a member other than `model`: %s",
    async (_what, path, body, more) => {
      const limits = { models: ["a/*"], modes: ["passthrough", "light", "agent"] };
      const named = { model: path === "/embeddings" ? "a/m1" : "openclaw", ...body };
      for (const [member, value] of [
        ["Model", "a/m2"],
        ["models", ["a/m2"]],
        ["fallbacks", ["a/m2"]],
        ["plugins", [{ id: "web" }]],
        ["service_tier", "priority"],
      ] as const) {
        const answer = await outcome(path, { ...named, [member]: value }, limits, more);
        expect([answer.status, answer.error.code, answer.error.param]).toEqual([
          400,
          "model_selector_not_allowed",
          member,
        ]);
        expect(answer.error.message).toContain(`\`${member}\``);
      }
      expect(fixture.provider.requests).toEqual([]);
    },
  );

  test("cannot choose a model by a header: none of those is forwarded", async () => {
    const chosen = { "x-portkey-config": "{}", "cf-aig-model": "m2", "groq-model-version": "x" };
    const answer = await outcome("/chat/completions", { messages }, { models: ["a/m1"] }, chosen);
    expect(answer.status).toBe(200);
    expect(Object.keys(fixture.provider.requests[0]?.headers ?? {}).sort()).toEqual([
      "accept-encoding",
      "authorization",
      "connection",
      "content-length",
      "content-type",
      "host",
      "user-agent",
    ]);
  });

  test("is the only caller whose bodies are checked; other bodies stay byte for byte", async () => {
    const body = '{"Model":"x", "models":["y"],"messages":[], "service_tier":"priority"}';
    expect((await outcome("/chat/completions", body, {})).status).toBe(200);
    const operator = await call(fixture.chat, { body });
    expect(operator.status).toBe(200);
    expect(fixture.provider.requests.map((request) => request.body.toString())).toEqual([
      `{"model":"m1",${body.slice(1)}`,
      `{"model":"m1",${body.slice(1)}`,
    ]);
  });
});

test("an unknown path gets 404, whatever the method", async () => {
  const relay = await startRelayServer(hostWith({}));
  for (const path of [
    "",
    "/",
    "/completions",
    "/chat/completions/",
    "/Models",
    "/chat%2fcompletions",
  ]) {
    for (const method of ["GET", "POST", "DELETE"]) {
      const answer = await call(`${relay.url}/passthrough/v1${path}`, { method, headers });
      expect([method, path, answer.status]).toEqual([method, path, 404]);
    }
  }
  await relay.close();
});

describe("a key of the file", () => {
  const made = {
    id: "k2",
    sha256: keyDigest(key).toString("hex"),
    modes: ["passthrough" as const],
  };
  const file = () => join(stateFolder, "passthrough", "keys.json");
  const serve = (options = {}) =>
    startRelayServer(
      fakeHost({ models: ["a/m1"], providers: { a: fixture.provider.baseUrl }, stateFolder }),
      options,
    );
  const ask = async (url: string) =>
    (await call(`${url}/passthrough/v1/chat/completions`, { body: { messages }, headers })).status;

  test("works from the first request after startup, even if the file is still being read", async () => {
    await changeKeyFile(file(), (keys) => {
      keys["bot"] = made;
    });
    const arrived = Promise.withResolvers<void>();
    const relay = await serve({
      beforeOpening: arrived.promise.then(socketsRead),
      admit: async () => arrived.resolve(),
    });
    expect(await ask(relay.url)).toBe(200);
    await relay.close();
  });

  test("works while the file contains it, and while the file is corrupt", async () => {
    await rm(file());
    const { url, relay, close } = await serve();
    expect(await ask(url)).toBe(401);
    await changeKeyFile(file(), (keys) => {
      keys["bot"] = made;
    });
    await until(async () => (await ask(url)) === 200);
    await writeFile(file(), "{");
    await until(async () => (await relay.status()).problems.length > 0);
    expect(await ask(url)).toBe(200);
    expect((await relay.status()).problems).toEqual([
      {
        severity: "error",
        path: file(),
        message: expect.stringContaining("nothing is written there"),
        fix: expect.stringContaining("Repair the file"),
      },
    ]);
    await writeFile(file(), '{"version":1,"keys":{}}');
    await until(async () => (await relay.status()).problems.length === 0);
    // Polling until the key worked has used up the address's failed logins.
    expect([401, 429]).toContain(await ask(url));
    expect((await relay.status()).problems).toEqual([]);
    await close();
  });
});
