import { describe, expect, test } from "vitest";
import { call } from "../support/client.ts";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import { fakeHost, startRelayServer } from "../support/relay-server.ts";
import { useFixture } from "./fixture.ts";

const fixture = useFixture();

async function get(path: string) {
  const answer = await call(fixture.relay.url + path);
  return { status: answer.status, body: JSON.parse(answer.body.toString()) };
}

describe("GET /v1/models", () => {
  test("lists agents, then models", async () => {
    const { status, body } = await get("/v1/models");
    expect(status).toBe(200);
    expect(body).toEqual({
      object: "list",
      data: [
        ["openclaw", "openclaw"],
        ["openclaw/default", "openclaw"],
        ["openclaw/main", "openclaw"],
        ["a/m1", "a"],
        ["b/m2", "b"],
      ].map(([id, owner]) => ({
        id,
        object: "model",
        created: 0,
        owned_by: owner,
        permission: [],
      })),
    });
  });

  test("returns a model by its id, encoded or plain", async () => {
    for (const path of ["/v1/models/a%2Fm1", "/v1/models/a/m1", "/v1/models/a%2Fm1?x=1"]) {
      expect((await get(path)).body.id).toBe("a/m1");
    }
  });

  test("answers 404 for an unknown model and 400 for a malformed path", async () => {
    const { status, body } = await get("/v1/models/nix");
    expect([status, body.error.code]).toEqual([404, "model_not_found"]);
    expect(body.error.message).toContain('"nix"');
    expect((await get("/v1/models/%ff")).status).toBe(400);
  });
});

test("a model's context window, kinds of input and price are listed where the gateway knows them", async () => {
  const base = fakeHost({ models: ["a/m1"], providers: { a: fixture.provider.baseUrl } });
  const relay = await startRelayServer({
    ...base,
    directModels: async () => [
      {
        provider: "a",
        modelId: "m1",
        contextWindow: 200_000,
        modalities: ["text", "image"],
        cost: { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 0 },
      },
      { provider: "a", modelId: "m2" },
    ],
  });
  const described = JSON.parse((await call(`${relay.url}/v1/models/a/m1`)).body.toString());
  const other = JSON.parse((await call(`${relay.url}/v1/models/a/m2`)).body.toString());
  await relay.close();
  expect(described).toMatchObject({
    context_length: 200_000,
    architecture: { input_modalities: ["text", "image"] },
    pricing: {
      prompt: "0.000003",
      completion: "0.000015",
      input_cache_read: "0.0000003",
      input_cache_write: "0",
    },
  });
  expect(Object.keys(other)).toEqual(["id", "object", "created", "owned_by", "permission"]);
});

describe("POST /v1/embeddings", () => {
  const embeddings = (body: unknown, headers = {}) =>
    call(`${fixture.relay.url}/v1/embeddings`, { body, headers });

  test("go to the provider of a directly named model, byte for byte", async () => {
    const answer = await embeddings('{"model":"a/e1", "input":["x"], "dimensions":2.0}');
    expect(answer.status).toBe(200);
    const [request] = fixture.provider.requests;
    expect(request?.path).toBe("/v1/embeddings");
    expect(request?.body.toString()).toBe('{"model":"e1", "input":["x"], "dimensions":2.0}');
    expect(JSON.parse(answer.body.toString()).data[0].embedding).toEqual([0.25, -0.5]);
  });

  test("take the model from x-openclaw-model", async () => {
    await embeddings({ model: "openclaw", input: "x" }, { "x-openclaw-model": "a/e1" });
    expect(fixture.provider.requests[0]?.json.model).toBe("e1");
  });

  test("for an agent are refused with unsupported_target", async () => {
    const answer = await embeddings({ model: "openclaw", input: "x" });
    expect([answer.status, JSON.parse(answer.body.toString()).error.code]).toEqual([
      400,
      "unsupported_target",
    ]);
  });
});

describe("a key with patterns", () => {
  const key = createKeyText();
  const ask = async (path: string, body: object) => {
    const sha256 = keyDigest(key).toString("hex");
    const models = ["a/*", "b/spelled-out"];
    const bot = { id: "k1", sha256, modes: ["passthrough"], models, budgetUsdPerDay: 1 };
    const keys = { bot };
    const routed: (string | undefined)[] = [];
    const asked: string[] = [];
    const host = fakeHost({
      models: ["a/m1"],
      providers: { a: fixture.provider.baseUrl, b: fixture.provider.baseUrl },
      config: { keys },
    });
    const relay = await startRelayServer({
      ...host,
      directTarget(agentId, raw, acceptsBareId) {
        asked.push(raw);
        return host.directTarget(agentId, raw, acceptsBareId);
      },
      route(target) {
        routed.push(target.modelRef);
        return host.route(target);
      },
      embeddingsRoute(target) {
        routed.push(`embeddings ${target.modelRef}`);
        return host.embeddingsRoute(target);
      },
    });
    const headers = { authorization: `Bearer ${key}` };
    const { status } = await call(`${relay.url}/passthrough/v1${path}`, { body, headers });
    await relay.close();
    return { status, routed, asked };
  };

  test("does not make the host resolve made-up model names", async () => {
    const chat = (model: string) => ask("/chat/completions", { model, messages: [] });
    expect((await chat("a/m1")).status).toBe(200);
    expect(await chat("a/made-up")).toEqual({ status: 404, routed: [], asked: [] });
    expect((await chat("b/spelled-out")).status).toBe(200);
    expect(await chat("b/made-up")).toEqual({ status: 404, routed: [], asked: [] });
  });

  test("does not for embeddings either, and resolves an embedding model only as one", async () => {
    const embed = (model: string) => ask("/embeddings", { model, input: "x" });
    expect(await embed("a/made-up")).toEqual({ status: 404, routed: [], asked: [] });
    expect(await embed("b/made-up")).toEqual({ status: 404, routed: [], asked: [] });
    const { status, routed } = await embed("b/spelled-out");
    expect(status).toBe(200);
    expect([...new Set(routed)]).toEqual(["embeddings b/spelled-out"]);
    expect((await embed("a/m1")).status).toBe(200);
  });
});

describe("GET /v1/models lists exactly what is served", () => {
  const key = createKeyText();
  const sha256 = keyDigest(key).toString("hex");
  const unreachable = ["x/none"];
  interface Given {
    readonly config?: object;
    /** Settings of the calling key; without them, an operator calls. */
    readonly asking?: object;
    readonly models?: readonly string[];
    readonly hooks?: "missing";
  }
  const listed = async ({ config, asking, hooks, models = ["a/m1", "b/m2"] }: Given) => {
    const keys =
      asking === undefined ? {} : { bot: { id: "k", sha256, modes: ["passthrough"], ...asking } };
    const base = fakeHost({
      models,
      providers: { a: fixture.provider.baseUrl, b: fixture.provider.baseUrl },
      config: { ...config, keys },
    });
    const host = {
      ...base,
      agents: () => ({ ids: ["main", "other"], hostDefault: undefined }),
      missingHookPermissions: () =>
        hooks === "missing" ? [{ key: "allowConversationAccess", value: true }] : [],
      directModels: async () => (models !== unreachable ? base.directModels("main") : []),
    };
    const relay = await startRelayServer(host);
    const path = asking === undefined ? "/v1" : "/passthrough/v1";
    const headers: Record<string, string> =
      asking === undefined ? {} : { authorization: `Bearer ${key}` };
    const answer = await call(`${relay.url}${path}/models`, { headers });
    const ids: string[] = JSON.parse(answer.body.toString()).data.map(
      ({ id }: { id: string }) => id,
    );
    // Each listed name is served; running agents is tested elsewhere.
    const statuses = await Promise.all(
      ids.map(async (model) => {
        const body = { model, messages: [{ role: "user", content: "x" }] };
        return (await call(`${relay.url}${path}/chat/completions`, { headers, body })).status;
      }),
    );
    await relay.close();
    return { ids, statuses: [...new Set(statuses)].toSorted((left, right) => left - right) };
  };
  const agents = ["openclaw/main", "openclaw/other"];
  const direct = ["a/m1", "b/m2"];
  const served = [200];

  test.each<[string, Given, readonly string[], readonly number[]]>([
    ["no default agent", {}, [...agents, ...direct], served],
    [
      "a default agent",
      { config: { defaultAgent: "Other" } },
      ["openclaw", "openclaw/default", ...agents, ...direct],
      served,
    ],
    [
      "a default agent that does not exist",
      { config: { defaultAgent: "nobody" } },
      [...agents, ...direct],
      served,
    ],
    [
      "one agent in agent mode",
      { config: { agents: { other: { mode: "agent" } }, defaultAgent: "main" } },
      ["openclaw", "openclaw/default", ...agents, ...direct],
      // The scripted host has no agents to run.
      [200, 500],
    ],
    ["models without a route", { models: unreachable }, [], []],
    [
      "a key for one agent, which is its default agent",
      { asking: { agents: ["other"] } },
      ["openclaw", "openclaw/default", "openclaw/other"],
      served,
    ],
    ["a key for one model", { asking: { models: ["b/*"] } }, [...agents, "b/m2"], served],
    ["a key for models that no agent has", { asking: { models: ["c/*"] } }, [], []],
    [
      "a key without one agent's mode and without passthrough for models",
      {
        asking: { models: ["*"], modes: ["light"] },
        config: { agents: { main: { mode: "passthrough" } } },
      },
      ["openclaw/other"],
      served,
    ],
    [
      "a key that allows only some models of an agent in agent mode",
      {
        asking: { models: ["a/*"], modes: ["agent", "passthrough"] },
        config: { agents: { main: { mode: "agent" }, other: { mode: "passthrough" } } },
      },
      ["openclaw/other", "a/m1"],
      served,
    ],
    [
      "a light run whose hook is not allowed",
      {
        hooks: "missing",
        config: { mode: "light", agents: { main: { light: { tools: ["memory_search"] } } } },
      },
      ["openclaw/other", ...direct],
      served,
    ],
    [
      "a key's agent run whose limiting hook is not allowed",
      {
        hooks: "missing",
        asking: { modes: ["agent", "passthrough"] },
        config: { agents: { main: { mode: "agent" } } },
      },
      ["openclaw/other"],
      served,
    ],
  ])("%s", async (_what, given, ids, statuses) => {
    expect(await listed(given)).toEqual({ ids, statuses });
  });
});
