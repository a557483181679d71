/** What the relay refuses on OpenClaw versions that cannot keep a run within its limits. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import { call } from "../support/client.ts";
import { fakeHost, type RelayServer, startRelayServer } from "../support/relay-server.ts";
import { goodRun, messages } from "./fixture.ts";

const texts = { limited: createKeyText(), trusted: createKeyText() };
let runs = 0;
let relay: RelayServer;

beforeAll(async () => {
  const key = (name: keyof typeof texts, more: object) => ({
    id: name,
    sha256: keyDigest(texts[name]).toString("hex"),
    modes: ["agent", "light"],
    ...more,
  });
  relay = await startRelayServer(
    fakeHost({
      models: ["a/m1"],
      providers: { a: "http://127.0.0.1:9/v1" },
      capabilities: { trimmedRuns: false, toolLimits: false },
      config: {
        mode: "agent",
        agents: { main: { http: { systemPrompt: "You are Ada." }, light: { tools: ["read"] } } },
        keys: { limited: key("limited", {}), trusted: key("trusted", { tools: "agent" }) },
      },
      async runAgent() {
        runs += 1;
        return goodRun;
      },
    }),
  );
});
afterAll(() => relay.close());

const light = { "x-openclaw-light-context": "true" };
const ask = async (base: string, headers: Record<string, string>, more: object = {}) => {
  const body = { model: "openclaw/main", messages, ...more };
  const answer = await call(`${relay.url}${base}/chat/completions`, { headers, body });
  return { status: answer.status, text: answer.body.toString() };
};
const bearer = (name: keyof typeof texts) => ({ authorization: `Bearer ${texts[name]}` });

test.each([
  ["light turn that needs an agent run", "trimmedRuns", "/v1", light],
  ["key's run with limited tools", "toolLimits", "/passthrough/v1", bearer("limited")],
  ["key's light run", "trimmedRuns", "/passthrough/v1", { ...bearer("trusted"), ...light }],
])("a %s gets 501 naming %s, and nothing runs", async (_what, name, base, headers) => {
  for (const stream of [false, true]) {
    const { status, text } = await ask(base, headers, { stream });
    expect(status).toBe(501);
    expect(JSON.parse(text).error).toMatchObject({
      code: "host_too_old",
      message: expect.stringContaining(`capability ${name}`),
    });
  }
  expect(runs).toBe(0);
});

test("serves an operator's agent run, and one of a key with the agent's tools", async () => {
  expect((await ask("/v1", {})).status).toBe(200);
  expect((await ask("/passthrough/v1", bearer("trusted"))).status).toBe(200);
  expect(runs).toBe(2);
});

test("does not list an agent that it would refuse", async () => {
  const listed = async (base: string, headers: Record<string, string>) => {
    const answer = await call(`${relay.url}${base}/models`, { headers });
    return answer.body.toString().includes("openclaw/main");
  };
  expect(await listed("/v1", {})).toBe(true);
  expect(await listed("/passthrough/v1", bearer("trusted"))).toBe(true);
  expect(await listed("/passthrough/v1", bearer("limited"))).toBe(false);
});

test("the status reports the host's version and capabilities", async () => {
  const { host } = await relay.relay.status();
  expect(host).toEqual({
    version: "2026.9.6",
    capabilities: { trimmedRuns: false, toolLimits: false },
  });
});
