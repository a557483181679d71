/** What leaves a real gateway for others: spans, lines about requests, and events for the host's own exporters. */
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { call, until } from "../support/client.ts";
import { gatewayToken, startGateway } from "../support/gateway.ts";
import { type CollectedSpan, startCollector } from "../support/otlp-collector.ts";
import { runHost } from "../support/install.ts";
import { json } from "../support/provider.ts";
import { entries, messages, useGateway } from "./fixture.ts";
import { model, relayConfig } from "./relay-config.ts";

const probe = fileURLToPath(new URL("../support/diagnostics-probe", import.meta.url));
const collector = await startCollector();
afterAll(() => collector.close());
const token = "canary-collector-token";
const prompt = "canary-prompt-7b1d";

const fixture = useGateway({
  env: { TRACING_TEST_TOKEN: token },
  config: (provider) => ({
    models: {
      providers: {
        backup: {
          baseUrl: provider.baseUrl,
          apiKey: "sk-backup",
          api: "openai-completions",
          models: [model("b1", { cost: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0 } })],
        },
      },
    },
    agents: { defaults: { model: { primary: "local/m1", fallbacks: ["backup/b1"] } } },
    plugins: {
      load: { paths: [probe] },
      entries: {
        "diagnostics-prometheus": { enabled: true },
        passthrough: {
          config: {
            log: { requests: true, format: "json" },
            otlp: {
              endpoint: collector.endpoint,
              headers: {
                authorization: { source: "env", provider: "default", id: "TRACING_TEST_TOKEN" },
              },
            },
            upstream: { retries: 0, breaker: { failures: 1000 } },
          },
        },
      },
    },
  }),
});

const spansOf = (traceId: string): readonly CollectedSpan[] =>
  collector.spans.filter((span) => span.traceId === traceId);

describe.each(entries)("a request through $name", (entry) => {
  test("has its span and its attempts' in the caller's trace, and the provider's call belongs to it", async () => {
    const traceId = crypto.randomUUID().replaceAll("-", "");
    const parentId = "b7ad6b7169203331";
    fixture.provider.behave("m1", json({ error: { message: "no" } }, 503));
    const answer = await fixture
      .through(entry)
      .call(
        "/chat/completions",
        { model: "openclaw", messages: [{ role: "user", content: prompt }], stream: true },
        { traceparent: `00-${traceId}-${parentId}-01` },
      );
    expect(answer.status).toBe(200);
    await until(() => spansOf(traceId).length === 3);
    const [request, first, second] = ["chat openclaw", "chat m1", "chat b1"].map((name) =>
      spansOf(traceId).find((span) => span.name === name),
    );
    expect(request).toMatchObject({
      parentId,
      kind: 2,
      attributes: {
        "passthrough.request_id": answer.headers["x-openclaw-request-id"],
        "gen_ai.provider.name": "backup",
        "gen_ai.response.model": "b1",
      },
    });
    expect(fixture.provider.requests.map(({ headers }) => headers["traceparent"])).toEqual([
      `00-${traceId}-${first?.spanId}-01`,
      `00-${traceId}-${second?.spanId}-01`,
    ]);
  });
});

test("the gateway resolves the secret of the collector's header, and no span holds a secret or content", () => {
  expect(collector.requests[0]?.headers["authorization"]).toBe(token);
  const spans = JSON.stringify(collector.spans);
  for (const secret of [prompt, "sk-local", "sk-backup", entries[0].token, entries[1].token]) {
    expect(spans).not.toContain(secret);
  }
  expect(fixture.gateway.output()).not.toContain(token);
  expect(fixture.gateway.output()).not.toContain(prompt);
});

test("each request has a line in the log, as JSON", async () => {
  const { headers } = await fixture.call("/v1/chat/completions", { model: "openclaw", messages });
  const id = String(headers["x-openclaw-request-id"]);
  await until(() => fixture.gateway.output().includes(`passthrough: {"request":"${id}"`));
});

test("the status counts the spans", async () => {
  await until(() => collector.spans.length >= 9);
  const args = ["gateway", "call", "passthrough.status", "--json"];
  const { tracing } = JSON.parse(await runHost(fixture.gateway.folder, args));
  expect(tracing).toMatchObject({ droppedSpans: 0 });
  expect(tracing.sentSpans).toBeGreaterThanOrEqual(9);
});

test("the host's own exporter gets trusted events of each call, its use, and the fallback", async () => {
  fixture.provider.behave("m1", json({ error: { message: "no" } }, 503));
  const { headers } = await fixture.call("/v1/chat/completions", { model: "openclaw", messages });
  const id = String(headers["x-openclaw-request-id"]);
  const events = () =>
    [...fixture.gateway.output().matchAll(/probe: (\{.*\})/g)].map(
      ([, text = ""]): { readonly event: object; readonly metadata: object } => JSON.parse(text),
    );
  await until(() => events().some(({ event }) => "callId" in event && event.callId === `${id}:2`));
  await until(() => events().some(({ event }) => "type" in event && event.type === "model.usage"));
  expect(events()).toContainEqual({
    event: expect.objectContaining({
      type: "model.call.error",
      runId: id,
      provider: "local",
      model: "m1",
      errorCategory: "upstream_failed",
    }),
    metadata: expect.objectContaining({ trusted: true }),
  });
  expect(events()).toContainEqual({
    event: expect.objectContaining({
      type: "model.failover",
      fromProvider: "local",
      fromModel: "m1",
      toProvider: "backup",
      toModel: "b1",
      reason: "upstream_failed",
    }),
    metadata: expect.objectContaining({ trusted: true }),
  });
  expect(events()).toContainEqual({
    event: expect.objectContaining({
      type: "model.usage",
      channel: "passthrough",
      provider: "backup",
      model: "b1",
      costUsd: expect.any(Number),
    }),
    metadata: expect.objectContaining({ trusted: true }),
  });
});

/** The config of a gateway with these settings for spans. */
const withSpans = (otlp: object | undefined) =>
  relayConfig(fixture.provider, {
    plugins: { entries: { passthrough: { config: otlp === undefined ? {} : { otlp } } } },
  });

test("a gateway whose secret is missing serves, without spans; a change of the config begins and ends them", async () => {
  const missing = { source: "env", provider: "default", id: "TRACING_TEST_NOT_THERE" };
  const gateway = await startGateway({
    config: withSpans({ endpoint: collector.endpoint, headers: { authorization: missing } }),
    stateFrom: inject("installedState"),
  });
  onTestFinished(() => gateway.close());
  const ask = () =>
    call(`${gateway.url}/v1/chat/completions`, {
      body: { model: "openclaw", messages },
      headers: { authorization: `Bearer ${gatewayToken}` },
    });
  const traceparents = () =>
    fixture.provider.requests.map(({ headers }) => headers["traceparent"] !== undefined);
  expect((await ask()).status).toBe(200);
  expect(traceparents()).toEqual([false]);
  await until(() => gateway.output().includes("could not resolve a secret of otlp.headers"));

  await gateway.writeConfig(withSpans({ endpoint: collector.endpoint }));
  await until(async () => (await ask()) && traceparents().at(-1) === true);
  await gateway.writeConfig(withSpans(undefined));
  await until(async () => (await ask()) && traceparents().at(-1) === false);
});
