/** Virtual keys behind a proxy, on other endpoints and in other modes, and after a gateway is killed. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, inject, test } from "vitest";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import { call, until } from "../support/client.ts";
import { scratchFolder, startGateway } from "../support/gateway.ts";
import { installPlugin, runHost } from "../support/install.ts";
import type { Provider } from "../support/provider.ts";
import { messages, useGateway } from "./fixture.ts";
import { model, relayConfig } from "./relay-config.ts";

const key = createKeyText();
/** Only for the test that spends its budget, so the others do not depend on their order. */
const spenderKey = createKeyText();
const stored = (id: string, text: string, more: object = {}) => ({
  id,
  sha256: keyDigest(text).toString("hex"),
  modes: ["passthrough", "light"],
  models: ["local/*", "local/embedder"],
  ...more,
});
const cost = { input: 1_000, output: 10_000, cacheRead: 100, cacheWrite: 0 };
const config = (provider: Provider) =>
  relayConfig(provider, {
    gateway: { trustedProxies: ["127.0.0.1"] },
    models: { providers: { local: { models: [model("m1", { cost }), model("m2")] } } },
    plugins: {
      entries: {
        passthrough: {
          config: {
            agents: { main: { http: { systemPrompt: "You are Ada." } } },
            keys: {
              bot: stored("bot", key),
              spender: stored("spender", spenderKey, { budgetUsdPerDay: 0.3 }),
            },
          },
        },
      },
    },
  });
const fixture = useGateway({ config });
const base = "/passthrough/v1";
const ask = (path: string, body: object, headers: Record<string, string> = {}) =>
  call(fixture.gateway.url + base + path, {
    body,
    headers: { authorization: `Bearer ${key}`, ...headers },
  });
const chat = (headers: Record<string, string> = {}, more: object = {}) =>
  ask("/chat/completions", { model: "openclaw", messages, max_tokens: 6, ...more }, headers);

test("failed logins count against the client address that a trusted proxy reports", async () => {
  const from = (address: string) =>
    chat({ authorization: "Bearer wrong", "x-forwarded-for": address });
  for (let at = 0; at < 10; at += 1) {
    expect((await from("203.0.113.7")).status).toBe(401);
  }
  const held = await from("203.0.113.7");
  expect([held.status, Number(held.headers["retry-after"]) > 0]).toEqual([429, true]);
  expect((await from("203.0.113.8")).status).toBe(401);
  // Entries that a client puts before the proxy's own are ignored.
  expect((await from("198.51.100.1, 203.0.113.7")).status).toBe(429);
  expect((await chat({ "x-forwarded-for": "203.0.113.7" }, { model: "local/m2" })).status).toBe(
    200,
  );
});

describe("a key", () => {
  test("gets light mode with the agent's prompt", async () => {
    const answer = await chat({ "x-openclaw-light-context": "1" });
    expect([answer.status, answer.headers["x-openclaw-mode"]]).toEqual([200, "light"]);
    expect(fixture.provider.requests[0]?.json).toMatchObject({
      messages: [{ role: "system", content: "You are Ada." }, ...messages],
    });
  });

  test("gets embeddings only from models that it may use", async () => {
    const answer = await ask("/embeddings", { model: "local/embedder", input: "x" });
    expect(JSON.parse(answer.body.toString()).data[0].embedding).toEqual([0.25, -0.5]);
    expect((await ask("/embeddings", { model: "other/embedder", input: "x" })).status).toBe(404);
    expect((await ask("/embeddings", { model: "openclaw", input: "x" })).status).toBe(400);
  });
});

test("spending and keys survive SIGKILL, a typo in the config and the host's `doctor --fix`", async () => {
  const { folder } = fixture.gateway;
  const made = await runHost(folder, [
    "passthrough",
    "keys",
    "create",
    "made",
    "--model",
    "local/m2",
  ]);
  const madeHeaders = { authorization: `Bearer ${made.trim().split("\n").at(-1)}` };
  const worksStill = async () => (await chat(madeHeaders, { model: "local/m2" })).status === 200;
  await until(worksStill);
  const spender = { authorization: `Bearer ${spenderKey}` };
  const embeddings = { model: "local/embedder", input: "x" };
  expect((await ask("/embeddings", embeddings, spender)).status).toBe(200);
  const spend = async () => {
    const answer = await chat(spender);
    return answer.status === 200 ? "spent" : JSON.parse(answer.body.toString()).error.code;
  };
  // An answer costs about $0.09.
  await until(async () => (await spend()) === "insufficient_quota");
  const usage = async () =>
    JSON.parse(
      await readFile(join(fixture.gateway.stateFolder, "passthrough", "usage.json"), "utf8"),
    ) as { rows: { keyId: string; model: string; today: { requests: number; costUsd: number } }[] };
  const rows = async () => (await usage()).rows.filter(({ keyId }) => keyId === "spender");
  const spentUsd = async () => (await rows()).reduce((sum, { today }) => sum + today.costUsd, 0);
  await until(async () => (await spentUsd().catch(() => 0)) > 0.25);

  const killed = fixture.gateway;
  process.kill(killed.pid, "SIGKILL");
  await until(() =>
    call(killed.url).then(
      () => false,
      () => true,
    ),
  );
  const written = join(killed.folder, "openclaw.json");
  await writeFile(written, (await readFile(written, "utf8")).replace('"keys":', '"kyes":'));
  await runHost(killed.folder, ["doctor", "--fix"]);
  expect(JSON.parse(await readFile(written, "utf8")).plugins.entries.passthrough).toEqual({
    enabled: false,
  });
  fixture.gateway = await startGateway({
    config: config(fixture.provider),
    stateFrom: killed.stateFolder,
  });
  expect(await spend()).toBe("insufficient_quota");
  expect(await worksStill()).toBe(true);
  await killed.close();
  const row = (await rows()).find(({ model: used }) => used === "local/embedder");
  expect(row?.today.requests).toBe(1);
}, 240_000);

test("the key file survives uninstalling the plugin", async () => {
  // Installed in its own folder, because uninstalling removes the folder in the host's install record.
  const folder = await scratchFolder("uninstall");
  await installPlugin(folder, inject("tarball"));
  await runHost(folder, ["passthrough", "keys", "create", "made"]);
  await runHost(folder, ["plugins", "uninstall", "passthrough", "--force"]);
  const kept = await readFile(join(folder, "state", "passthrough", "keys.json"), "utf8");
  expect(Object.keys(JSON.parse(kept).keys)).toEqual(["made"]);
  await rm(folder, { recursive: true });
}, 240_000);
