/** Spans at a real collector over HTTP, and what happens without one. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { resolveConfig } from "../../src/config/resolve.ts";
import type { HostPorts } from "../../src/host/create-host.ts";
import { call, until } from "../support/client.ts";
import { type Collector, startCollector } from "../support/otlp-collector.ts";
import { json, type Provider, startProvider } from "../support/provider.ts";
import { fakeHost, type RelayServer, startRelayServer } from "../support/relay-server.ts";

const prompt = "canary-prompt-9f3c";
const messages = [{ role: "user", content: prompt }];
const collectorKey = "canary-collector-key";

let collector: Collector;
let provider: Provider;
let relay: RelayServer;
let config: Record<string, unknown>;
let host: HostPorts;

/** A host whose config a test may change. */
function changeableHost(): HostPorts {
  const fixed = fakeHost({
    models: ["a/m1", "b/m2"],
    providers: { a: provider.baseUrl, b: provider.baseUrl },
    keys: ["canary-provider-key"],
  });
  let known = { config, resolved: resolveConfig({ mode: "passthrough", ...config }) };
  return {
    ...fixed,
    config() {
      if (known.config !== config) {
        known = { config, resolved: resolveConfig({ mode: "passthrough", ...config }) };
      }
      return known.resolved;
    },
  };
}

async function start(otlp: Record<string, unknown> | undefined) {
  config = { upstream: { retries: 0 }, ...(otlp === undefined ? {} : { otlp }) };
  host = changeableHost();
  relay = await startRelayServer(host);
}

const ask = (body: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
  call(`${relay.url}/v1/chat/completions`, {
    body: { model: "openclaw", messages, ...body },
    headers,
  });

beforeEach(async () => {
  collector = await startCollector();
  provider = await startProvider();
});
afterEach(async () => {
  await relay.close();
  await provider.close();
  await collector.close();
});

const spanNamed = (name: string) => collector.spans.find((span) => span.name === name);

describe("with otlp", () => {
  test("a request has a span, and each of its attempts one below it", async () => {
    await start({ endpoint: collector.endpoint, headers: { "x-key": collectorKey } });
    provider.behave("m1", json({ error: { message: "Hello of the provider" } }, 503));
    const answer = await ask({ stream: true });
    expect(answer.status).toBe(200);
    await until(() => collector.spans.length >= 3);
    const request = spanNamed("chat openclaw");
    const [first, second] = ["chat m1", "chat m2"].map(spanNamed);
    expect(request).toMatchObject({
      kind: 2,
      parentId: "",
      isError: false,
      attributes: {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "openclaw",
        "gen_ai.response.model": "m2",
        "gen_ai.provider.name": "b",
        "gen_ai.agent.name": "main",
        "gen_ai.request.stream": true,
        "http.response.status_code": 200,
        "passthrough.request_id": answer.headers["x-openclaw-request-id"],
        "passthrough.mode": "passthrough",
        "passthrough.key": "(operator)",
        "passthrough.outcome": "ok",
        "passthrough.attempts": 2,
      },
      events: [{ name: "passthrough.first_output" }],
      resource: { "service.name": "openclaw-passthrough" },
    });
    expect(request?.traceId).toBe(
      String(answer.headers["x-openclaw-request-id"]).replaceAll("-", ""),
    );
    expect(request?.attributes["gen_ai.usage.output_tokens"]).toBeGreaterThan(0);
    for (const attempt of [first, second]) {
      expect(attempt).toMatchObject({
        kind: 3,
        traceId: request?.traceId,
        parentId: request?.spanId,
      });
      expect(attempt?.startMs).toBeGreaterThanOrEqual(request?.startMs ?? Infinity);
      expect(attempt?.endMs).toBeLessThanOrEqual(request?.endMs ?? 0);
    }
    expect(first).toMatchObject({
      isError: true,
      attributes: { "error.type": "upstream_failed", "http.response.status_code": 503 },
    });
    expect(second).toMatchObject({
      isError: false,
      events: [{ name: "passthrough.first_output" }],
    });
    expect(first?.endMs).toBeLessThanOrEqual(second?.startMs ?? 0);
    expect(collector.requests[0]).toMatchObject({
      path: "/v1/traces",
      headers: { "x-key": collectorKey, "content-type": "application/x-protobuf" },
    });
  });

  test("the provider gets the attempt's span as traceparent, in the caller's trace", async () => {
    await start({ endpoint: collector.endpoint, sampleRatio: 0 });
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const parent = "b7ad6b7169203331";
    await ask({}, { traceparent: `00-${traceId}-${parent}-01`, tracestate: "vendor=1" });
    await until(() => collector.spans.length >= 2);
    const attempt = spanNamed("chat m1");
    expect(spanNamed("chat openclaw")).toMatchObject({ traceId, parentId: parent });
    expect(provider.requests[0]?.headers).toMatchObject({
      traceparent: `00-${traceId}-${attempt?.spanId}-01`,
      tracestate: "vendor=1",
    });
  });

  test("a caller's decision against sampling counts, and reaches the provider", async () => {
    await start({ endpoint: collector.endpoint });
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    await ask({}, { traceparent: `00-${traceId}-b7ad6b7169203331-00` });
    expect(provider.requests[0]?.headers["traceparent"]).toMatch(
      new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`),
    );
    // The next one is sampled, so that there is something to wait for.
    await ask();
    await until(() => collector.spans.length >= 2);
    expect(collector.spans.filter((span) => span.traceId === traceId)).toEqual([]);
  });

  test("spans hold neither prompts, answers nor keys", async () => {
    await start({ endpoint: collector.endpoint, headers: { authorization: collectorKey } });
    provider.behave("m1", json({ error: { message: "Hello of the provider" } }, 500));
    await ask({ stream: true, user: "canary-user-5d" });
    provider.behave("m2", json({ error: { message: "Hello of the provider" } }, 400));
    await ask();
    await until(() => collector.spans.length >= 6);
    const text = collector.raw();
    expect(text).not.toContain(prompt);
    expect(text).not.toContain("canary-provider-key");
    expect(text).not.toContain("canary-user-5d");
    expect(text).not.toContain("Hello");
    expect(relay.log.join()).not.toContain(collectorKey);
  });

  test("a skipped target is an event of the request's span", async () => {
    await start({ endpoint: collector.endpoint });
    config = { ...config, upstream: { retries: 0, breaker: { failures: 1 } } };
    provider.behave("m1", json({ error: { message: "Hello of the provider" } }, 503));
    await ask();
    await ask();
    await until(() => collector.spans.length >= 5);
    const skipped = collector.spans.flatMap(({ events }) =>
      events.filter(({ name }) => name === "passthrough.target_skipped"),
    );
    expect(skipped).toMatchObject([
      { attributes: { "passthrough.target": "a/m1", "error.type": "circuit_open" } },
    ]);
  });

  test("a change of the settings takes effect at once, also off", async () => {
    await start(undefined);
    await ask();
    config = { ...config, otlp: { endpoint: `${collector.endpoint}/v1/traces/` } };
    relay.relay.tracing.look();
    await ask();
    await until(() => collector.spans.length === 2);
    expect(collector.requests[0]?.path).toBe("/v1/traces");
    config = { upstream: { retries: 0 } };
    relay.relay.tracing.look();
    expect(relay.relay.tracing.status()).toBeNull();
    await ask();
    expect(provider.requests[2]?.headers["traceparent"]).toBeUndefined();
  });

  test("a reference to a secret that the gateway could not resolve costs the spans, and is logged", async () => {
    const secret = { source: "env", provider: "default", id: "NOT_THERE" };
    await start({ endpoint: collector.endpoint, headers: { authorization: secret } });
    expect((await ask()).status).toBe(200);
    expect(relay.relay.tracing.status()).toBeNull();
  });
});

describe("a collector that fails", () => {
  test("drops are counted and told once, and requests do not wait", async () => {
    await start({ endpoint: collector.endpoint });
    collector.answer = (response) => void response.writeHead(400).end("canary-collector-words");
    const { status } = await ask();
    expect(status).toBe(200);
    await until(() => (relay.relay.tracing.status()?.droppedSpans ?? 0) === 2);
    await ask();
    await until(() => (relay.relay.tracing.status()?.droppedSpans ?? 0) === 4);
    const told = relay.log.filter((line) => line.includes("spans for"));
    expect(told).toEqual([
      `warn passthrough: spans for ${collector.endpoint} were dropped (status 400)`,
    ]);
  });

  test("a hanging one neither fills the memory nor holds up the stop", async () => {
    await start({ endpoint: collector.endpoint });
    collector.answer = () => undefined;
    for (let round = 0; round < 30; round += 1) {
      await Promise.all(Array.from({ length: 100 }, () => ask()));
    }
    // 3000 requests have 6000 spans; 4096 may wait.
    expect(relay.relay.tracing.status()?.droppedSpans).toBe(6000 - 4096);
    const startedAtMs = performance.now();
    await relay.relay.stop();
    expect(performance.now() - startedAtMs).toBeLessThan(3500);
  });

  test("one that is not there is no problem for a request", async () => {
    await start({ endpoint: "http://127.0.0.1:9" });
    expect((await ask()).status).toBe(200);
  });
});

test("without otlp a client's own traceparent reaches the provider, and nothing is loaded", async () => {
  await start(undefined);
  const headers = { traceparent: "anything", tracestate: "vendor=1" };
  await ask({}, headers);
  expect(provider.requests[0]?.headers).toMatchObject(headers);
  expect(relay.relay.tracing.status()).toBeNull();
});
