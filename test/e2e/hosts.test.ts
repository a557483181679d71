/**
 * Behaviour on every supported host version (docs/hosts.md). `PASSTHROUGH_TEST_HOST` selects the version. If a
 * version lacks a capability, the relay names it in the refusal and calls no model.
 */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import { type Answer, call, until } from "../support/client.ts";
import { hostVersion } from "../support/gateway.ts";
import { hostCan, needs, needsNo } from "../support/host-can.ts";
import { runHost } from "../support/install.ts";
import { stream } from "../support/provider.ts";
import { agentDatabase, readSessionIds } from "../support/session-rows.ts";
import { messages, useGateway } from "./fixture.ts";

const key = createKeyText();
const trustedKey = createKeyText();
const agentIds = ["main", "ada", "keeper", "tess", "tools"];
const fixture = useGateway({
  config: () => ({
    agents: {
      ownership: "explicit",
      entries: Object.fromEntries(agentIds.map((id) => [id, {}])),
    },
    plugins: {
      entries: {
        passthrough: {
          hooks: { allowConversationAccess: true },
          config: {
            defaultAgent: "main",
            agents: {
              ada: { mode: "agent", session: { ephemeral: true } },
              keeper: { mode: "agent" },
              tess: { mode: "light", http: { systemPrompt: "You are Tess." } },
              tools: {
                mode: "light",
                http: { systemPrompt: "You are Tess." },
                light: { tools: ["session_status"] },
              },
            },
            keys: {
              bot: {
                id: "bot",
                sha256: keyDigest(key).toString("hex"),
                modes: ["passthrough", "light", "agent"],
              },
              trusted: {
                id: "trusted",
                sha256: keyDigest(trustedKey).toString("hex"),
                modes: ["agent"],
                tools: "agent",
                tokensPerMinute: 1_000_000,
              },
            },
          },
        },
      },
    },
  }),
});

const ask = (agent: string, more: object = {}, headers: Record<string, string> = {}) =>
  fixture.call(
    "/v1/chat/completions",
    { model: `openclaw/${agent}`, messages, ...more },
    { ...headers },
  );
const askWith = (keyText: string, agent: string, more: object = {}) =>
  call(`${fixture.gateway.url}/passthrough/v1/chat/completions`, {
    body: { model: `openclaw/${agent}`, messages, ...more },
    headers: { authorization: `Bearer ${keyText}` },
  });
const seen = ({ status, headers, body }: Answer) => ({
  status,
  mode: headers["x-openclaw-mode"],
  text: body.toString(),
});
const containing = (text: string): unknown => expect.stringContaining(text);
const sent = () =>
  fixture.provider.requests.map(
    ({ json }) =>
      json as { messages: { role: string }[]; tools?: { function: { name: string } }[] },
  );
/** The tools in the last model request. */
const toolNames = () => (sent().at(-1)?.tools ?? []).map((tool) => tool.function.name);

test("relays a request as JSON and as a stream", async () => {
  const whole = seen(await ask("main"));
  expect(whole).toMatchObject({ status: 200, mode: "passthrough" });
  expect(JSON.parse(whole.text).choices[0].message.content).toBe("Hello from the provider.");
  const streamed = seen(await ask("main", { stream: true }));
  expect(streamed.text).toContain("data: [DONE]");
  expect(sent().map((body) => body.messages)).toEqual([messages, messages]);
  expect(fixture.provider.requests[0]?.headers.authorization).toBe("Bearer sk-local");
});

test("the host loads the plugin without transforming it at the first start", async () => {
  const temporary = await readdir(join(fixture.gateway.folder, "tmp"), { recursive: true });
  expect(temporary.filter((name) => /dist-index\.\w+\.cjs$/.test(name))).toEqual([]);
});

test("lists agents and models", async () => {
  const { data } = JSON.parse((await fixture.call("/v1/models")).body.toString());
  const ids = data.map(({ id }: { id: string }) => id);
  expect(ids).toEqual(expect.arrayContaining(["openclaw/ada", "local/m1", "local/m2"]));
});

test("returns embeddings of a configured provider, also for a model that it does not list", async () => {
  const answer = await fixture.call("/v1/embeddings", { model: "local/embedder", input: "x" });
  expect(JSON.parse(answer.body.toString()).data[0].embedding).toEqual([0.25, -0.5]);
});

test("serves a virtual key and rejects a wrong one with 401", async () => {
  expect(seen(await askWith(key, "main"))).toMatchObject({ status: 200, mode: "passthrough" });
  expect((await askWith("ocp_wrong", "main")).status).toBe(401);
  expect(fixture.provider.requests).toHaveLength(1);
});

test("a light turn sends the agent's prompt and no tools", async () => {
  const answer = seen(await ask("tess", { stream: true }));
  expect(answer).toMatchObject({ status: 200, mode: "light" });
  expect(sent()).toMatchObject([
    { messages: [{ role: "system", content: "You are Tess." }, ...messages] },
  ]);
  expect(sent()[0]?.tools).toBeUndefined();
});

test("an ephemeral agent run leaves no session behind", async () => {
  const answer = seen(await ask("ada"));
  expect(answer).toMatchObject({ status: 200, mode: "agent" });
  expect(answer.text).toContain("Hello from the provider.");
  // The answer does not wait for the deletion.
  await until(async () => (await sessionsOf("ada")).length === 0);
});

/** The sessions of `ada` on disk while its model is asked. */
async function sessionsDuringRun(): Promise<readonly string[]> {
  let found: readonly string[] = [];
  fixture.provider.behave("m1", async (exchange) => {
    found = await sessionsOf("ada");
    await stream()(exchange);
  });
  expect((await ask("ada")).status).toBe(200);
  return found;
}

test("the session of an agent's run is in memory", needs("memorySessions"), async () => {
  expect(await sessionsDuringRun()).toEqual([]);
});

test(
  "the session of an agent's run is on disk until it ends",
  needsNo("memorySessions"),
  async () => {
    expect(await sessionsDuringRun()).not.toEqual([]);
    await until(async () => (await sessionsOf("ada")).length === 0);
  },
);

/** Makes a one-shot session, and prunes. @returns the sessions before and after, and what the command said. */
async function prune() {
  const session = `agent:keeper:explicit:model-run-${randomUUID()}`;
  expect((await ask("keeper", {}, { "x-openclaw-session-key": session })).status).toBe(200);
  const command = ["passthrough", "sessions", "prune", "--older-than", "1ms"];
  const run = (...options: string[]) => runHost(fixture.gateway.folder, [...command, ...options]);
  const before = await sessionsOf("keeper");
  await run("--dry-run");
  expect(await sessionsOf("keeper")).toEqual(before);
  const said = await run().catch((error: Error) => error.message);
  return { session, before, said, after: await sessionsOf("keeper") };
}

test("one-shot sessions are pruned", needs("sessionCleanup"), async () => {
  const { session, before, after } = await prune();
  expect(before).toContain(session);
  expect(after).not.toContain(session);
});

test("pruning is refused by name and removes nothing", needsNo("sessionCleanup"), async () => {
  const { session, before, said, after } = await prune();
  expect(before).toContain(session);
  expect(said).toContain("capability sessionCleanup");
  expect(after).toEqual(before);
});

test("a light turn with tools has these only", needs("trimmedRuns"), async () => {
  for (const streaming of [false, true]) {
    expect((await ask("tools", { stream: streaming })).status).toBe(200);
    expect(sent().at(-1)?.messages[0]).toMatchObject({ role: "system" });
    expect(toolNames()).not.toContain("exec");
  }
});

test(
  "a light turn with tools is refused by name before anything runs",
  needsNo("trimmedRuns"),
  async () => {
    for (const streaming of [false, true]) {
      const answer = seen(await ask("tools", { stream: streaming }));
      expect([answer.status, answer.text]).toEqual([501, containing("capability trimmedRuns")]);
      expect(fixture.provider.requests).toEqual([]);
    }
  },
);

test("a virtual key's agent run does not have the agent's tools", needs("toolLimits"), async () => {
  for (const streaming of [false, true]) {
    expect((await askWith(key, "ada", { stream: streaming })).status).toBe(200);
    expect(toolNames()).not.toContain("exec");
  }
});

test(
  "a virtual key's agent run is refused by name before anything runs",
  needsNo("toolLimits"),
  async () => {
    for (const streaming of [false, true]) {
      const answer = seen(await askWith(key, "ada", { stream: streaming }));
      expect([answer.status, answer.text]).toEqual([501, containing("capability toolLimits")]);
      expect(fixture.provider.requests).toEqual([]);
    }
  },
);

test("a virtual key with `tools: agent` runs the agent and reads its usage", async () => {
  const answer = await askWith(trustedKey, "ada");
  expect(answer.status).toBe(200);
  const usage = async () => {
    const { body } = await call(`${fixture.gateway.url}/passthrough/v1/usage`, {
      headers: { authorization: `Bearer ${trustedKey}` },
    });
    return JSON.parse(body.toString());
  };
  await until(async () => (await usage()).today.requests === 1);
  const { today, limits } = await usage();
  expect([today.errors, today.tokensIn > 0, today.tokensOut > 0]).toEqual([0, true, true]);
  const { limit, remaining } = limits.tokens;
  expect(limit - remaining).toBe(today.tokensIn + today.tokensOut);
});

test("the status names the version and what it can do", async ({ task }) => {
  const status = await runHost(fixture.gateway.folder, [
    "gateway",
    "call",
    "passthrough.status",
    "--json",
  ]);
  const { host } = JSON.parse(status.slice(status.indexOf("{")));
  // For the table of docs/hosts.md.
  task.meta.host = host;
  expect(host).toEqual({ version: hostVersion, capabilities: hostCan });
});

// Last, because the host avoids a refused credential for a while.
test("a failed agent run gets an error status", async () => {
  for (const model of ["m1", "m2"]) {
    fixture.provider.behave(model, ({ response }) => void response.writeHead(401).end("{}"));
  }
  expect((await ask("ada")).status).toBeGreaterThanOrEqual(400);
});

/** Keys and files of the sessions that an agent has on disk: in files up to 2026.7, in a database from 2026.8 on. */
async function sessionsOf(agentId: string): Promise<string[]> {
  const folder = join(fixture.gateway.stateFolder, "agents", agentId, "sessions");
  const names = await readdir(folder).catch(() => []);
  const store = await readFile(join(folder, "sessions.json"), "utf8").catch(() => "{}");
  const database = agentDatabase(fixture.gateway.stateFolder, agentId);
  return [
    ...(existsSync(database) ? readSessionIds(database).keys() : []),
    ...Object.keys(JSON.parse(store)),
    ...names.filter((name) => /^[0-9a-f-]{36}\b/.test(name)),
  ];
}
