/** The contract of the relay's ports, which holds for the host itself and for the host at the other end of a message channel. */
import { afterEach, describe, expect, test } from "vitest";
import { agentRun } from "../support/agent-run.ts";
import type { AgentRun } from "../../src/agent/run.ts";
import { memorySessionKey } from "../../src/agent/memory-session-key.ts";
import { RelayError } from "../../src/errors.ts";
import type { HostPorts } from "../../src/host/create-host.ts";
import type { Route } from "../../src/routing/route.ts";
import { until } from "../support/client.ts";
import { type ConnectedHost, overMessagePort } from "../support/ports.ts";
import { fakeHost, type FakeHostOptions } from "../support/relay-server.ts";
import { goodRun } from "./fixture.ts";
import type { RuntimeCall } from "../../src/upstream/ports.ts";

const options: FakeHostOptions = {
  models: ["a/m1", "b/m2"],
  agents: ["main", "work"],
  providers: { a: "http://127.0.0.1:9/v1", b: "http://127.0.0.1:9/v1" },
};
const target = { agentId: "main", modelRef: "a/m1", namedBy: "agent" } as const;

const run = (more: Partial<AgentRun> = {}) =>
  agentRun({ sessionKey: memorySessionKey("main", "one"), ...more });

const modelCall = (more: Partial<RuntimeCall> = {}): RuntimeCall => ({
  agentId: "main",
  provider: "a",
  modelId: "m1",
  api: "bedrock-converse-stream",
  key: "sk-key",
  context: { messages: [{ role: "user", content: "hi", timestamp: 0 }] },
  options: { cacheRetention: "none", maxTokens: 5 },
  signal: new AbortController().signal,
  onBegin: () => undefined,
  onEvents: () => undefined,
  ...more,
});

describe.each<[string, (host: HostPorts) => ConnectedHost]>([
  ["the host", (host) => ({ host, close: () => undefined })],
  ["the host behind a message channel", overMessagePort],
])("%s", (name, connect) => {
  let connected: ConnectedHost | undefined;
  const connectTo = (more: Partial<HostPorts> = {}, base: Partial<FakeHostOptions> = {}) => {
    const local = { ...fakeHost({ ...options, ...base }), ...more };
    connected = connect(local);
    return connected.host;
  };
  afterEach(() => connected?.close());

  test("knows config, agents and the gateway's facts without a wait", () => {
    const local = fakeHost(options);
    const host = connectTo(local);
    expect(host.config()).toEqual(local.config());
    // Names from requests must not find a prototype's members.
    expect(Object.getPrototypeOf(host.config().agents)).toBeNull();
    expect(host.config()).toBe(host.config());
    expect(host.agents()).toEqual({ ids: ["main", "work"], hostDefault: "main" });
    expect(host.agentTargets("work").map(({ modelRef }) => modelRef)).toEqual(["a/m1", "b/m2"]);
    expect(host.workspace("main")).toBe(local.workspace("main"));
    expect(host.capabilities()).toEqual(local.capabilities());
    expect(host.hostFacts()).toEqual(local.hostFacts());
    expect(host.coreEndpoints()).toEqual([]);
    expect(host.missingHookPermissions()).toEqual([]);
    expect(host.gatewayPort()).toBe(18_789);
    expect(host.stateFolder()).toBe(local.stateFolder());
  });

  test("resolves a target to the same route each time", async () => {
    const host = connectTo();
    const route = await host.route(target);
    expect(route).toMatchObject({ provider: "a", modelId: "m1", agentId: "main" });
    expect(await host.route(target)).toBe(route);
    expect(await host.embeddingsRoute(target)).toMatchObject({ provider: "a" });
  });

  test("throws the host's own errors, with their members", async () => {
    const refused = new RelayError("model_not_allowed", "Not this one.", {
      param: "model",
      retryAfterMs: 7,
      headers: { "retry-after": "1" },
      answer: { status: 418, headers: { a: "b" }, bytes: Buffer.from("tea") },
    });
    const host = connectTo({ directTarget: () => Promise.reject(refused) });
    const failure: unknown = await host
      .directTarget("main", "a/m1", false)
      .catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(RelayError);
    const { code, message, param, retryAfterMs, headers, answer } = failure as RelayError;
    expect({ code, message, param, retryAfterMs, headers }).toEqual({
      code: refused.code,
      message: refused.message,
      param: "model",
      retryAfterMs: 7,
      headers: { "retry-after": "1" },
    });
    expect(answer?.status).toBe(418);
    expect(answer?.bytes.toString()).toBe("tea");
  });

  test("resolves names, lists models and providers", async () => {
    const host = connectTo();
    expect(await host.lookUpModel("main", "a/m1", false)).toMatchObject({ isListed: true });
    expect(await host.directTarget("main", "x/y", false)).toMatchObject({ isListed: false });
    expect(await host.directModels("main")).toContainEqual({ provider: "b", modelId: "m2" });
    expect(await host.providers()).toEqual(new Set(["a", "b"]));
  });

  test("supplies credentials in their order", async () => {
    const host = connectTo({}, { keys: ["sk-0", "sk-1"] });
    const route = await host.route(target);
    expect(await host.credential(route)).toEqual({ source: "p0", value: "sk-0" });
    expect(await host.nextCredential(route, new Set(["p0"]))).toEqual({
      source: "p1",
      value: "sk-1",
    });
    expect(await host.nextCredential(route, new Set(["p0", "p1"]))).toBeUndefined();
  });

  test("supplies no credential for a route that sends no key", async () => {
    const host = connectTo({}, { route: { sendsKey: false } });
    const route = await host.route(target);
    expect(await host.credential(route)).toEqual({ source: "config", value: undefined });
  });

  test("runs an agent: text, errors and steps in order, then the result", async () => {
    const step = { kind: "tool-called", name: "read" } as const;
    const piece = { delta: "Hel", replace: false, replaceable: false };
    const host = connectTo({
      async runAgent({ onText, onError, onStep }) {
        onText(piece);
        onStep(step);
        onError("careful");
        onText({ ...piece, delta: "lo" });
        return goodRun;
      },
    });
    const heard: unknown[] = [];
    const note = (event: unknown) => heard.push(event);
    const result = await host.runAgent(run({ onText: note, onError: note, onStep: note }));
    expect(heard).toEqual([piece, step, "careful", { ...piece, delta: "lo" }]);
    expect(result).toEqual(goodRun);
  });

  test("cancels an agent run, and waits for what it reports until its end", async () => {
    const steps: unknown[] = [];
    const step = { kind: "tool-called", name: "last" } as const;
    const begun = Promise.withResolvers<void>();
    const host = connectTo({
      async runAgent({ signal, onStep }) {
        begun.resolve();
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        onStep(step);
        throw signal.reason;
      },
    });
    const controller = new AbortController();
    const reason = new RelayError("client_closed", "The client closed its connection.");
    const running = host.runAgent(
      run({ signal: controller.signal, onStep: (heard) => steps.push(heard) }),
    );
    await begun.promise;
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(steps).toEqual([step]);
  });

  test("calls a model: its beginning and events in order, then the end", async () => {
    let asked: RuntimeCall | undefined;
    const events = ["Hel", "lo"].map((text) => ({ kind: "text", text }) as const);
    const host = connectTo({
      async callModel(call) {
        asked = call;
        call.onBegin();
        events.forEach((event) => call.onEvents([event]));
        return undefined;
      },
    });
    const heard: unknown[] = [];
    const wanted = modelCall({
      onBegin: () => heard.push("begin"),
      onEvents: (list) => heard.push(...list),
    });
    expect(await host.callModel(wanted)).toBeUndefined();
    expect(heard).toEqual(["begin", ...events]);
    const { key, context, options: given } = wanted;
    expect(asked).toMatchObject({ agentId: "main", modelId: "m1", key, context, options: given });
  });

  test("returns how a call of a model failed", async () => {
    const failures = [
      {
        kind: "status",
        status: 429,
        message: "Slow down.",
        type: "rate_limit_error",
        code: undefined,
        retryAfterMs: 7000,
      },
      { kind: "unreachable", message: "Connection error." },
    ] as const;
    for (const failure of failures) {
      const host = connectTo({ callModel: async () => failure });
      expect(await host.callModel(modelCall())).toEqual(failure);
      connected?.close();
    }
    const refused = new RelayError("provider_not_configured", "No such model.");
    const host = connectTo({ callModel: () => Promise.reject(refused) });
    await expect(host.callModel(modelCall())).rejects.toMatchObject({
      code: "provider_not_configured",
      message: "No such model.",
    });
  });

  test("cancels a call of a model", async () => {
    const begun = Promise.withResolvers<void>();
    let isAborted = false;
    const host = connectTo({
      async callModel({ signal, onBegin }) {
        onBegin();
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        isAborted = true;
        throw signal.reason;
      },
    });
    const controller = new AbortController();
    const reason = new RelayError("client_closed", "The client closed its connection.");
    const calling = host.callModel(
      modelCall({ signal: controller.signal, onBegin: begun.resolve }),
    );
    await begun.promise;
    controller.abort(reason);
    await expect(calling).rejects.toBe(reason);
    expect(isAborted).toBe(true);
  });

  test("loads images, unless the request is over", async () => {
    const image = { type: "image", data: "AAAA", mimeType: "image/png" } as const;
    const host = connectTo({
      async loadImages(urls, signal) {
        signal.throwIfAborted();
        return urls.map(() => image);
      },
    });
    expect(await host.loadImages(["data:"], new AbortController().signal)).toEqual([image]);
    const reason = new RelayError("client_closed", "gone");
    await expect(host.loadImages(["data:"], AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  test("deletes sessions in memory", async () => {
    const deleted: string[] = [];
    const host = connectTo({
      async deleteMemorySession(agentId, sessionKey) {
        deleted.push(`${agentId} ${sessionKey}`);
        return true;
      },
    });
    expect(await host.deleteMemorySession("main", "key")).toBe(true);
    expect(deleted).toEqual(["main key"]);
  });

  test("fails a call whose answer cannot cross threads, and no other", async () => {
    const host = connectTo({
      // Nothing that the host answers has a function; a port must not end the process if one does.
      directModels: async () => [{ provider: "a", modelId: "m", use: () => undefined }] as never,
    });
    const [models, providers] = await Promise.allSettled([
      host.directModels("main"),
      host.providers(),
    ]);
    expect(models.status).toBe(name === "the host" ? "fulfilled" : "rejected");
    expect(providers.status).toBe("fulfilled");
  });

  test("follows changes of the config", async () => {
    let local = fakeHost(options);
    const changed = fakeHost({ ...options, agents: ["main"], config: { maxBodyBytes: 4096 } });
    const host = connectTo({
      config: () => local.config(),
      agents: () => local.agents(),
      gatewayConfig: () => local.gatewayConfig(),
      route: (wanted) => local.route(wanted),
    });
    const before: Route = await host.route(target);
    local = changed;
    await until(() => host.config().maxBodyBytes === 4096);
    expect(host.agents().ids).toEqual(["main"]);
    expect(await host.route(target)).not.toBe(before);
  });
});
