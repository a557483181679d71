/** Who may read the relay's metrics, and what a key for metrics may do. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import { call } from "../support/client.ts";
import { parseMetrics, valuesOf } from "../support/open-metrics.ts";
import { fakeHost, type RelayServer, startRelayServer } from "../support/relay-server.ts";
import { messages, useFixture } from "./fixture.ts";

const fixture = useFixture();
const metricsKey = createKeyText();
const chatKey = createKeyText();
const withKey = (key: string) => ({ authorization: `Bearer ${key}` });
const keys = {
  prometheus: {
    id: "p",
    sha256: keyDigest(metricsKey).toString("hex"),
    modes: ["light"],
    metrics: true,
  },
  bot: {
    id: "b",
    sha256: keyDigest(chatKey).toString("hex"),
    modes: ["passthrough"],
    budgetUsdPerDay: 2,
  },
};

let relay: RelayServer;
beforeAll(async () => {
  relay = await startRelayServer(
    fakeHost({
      models: ["a/m1"],
      providers: { a: fixture.provider.baseUrl },
      config: { keys },
      scopes: ["operator.read"],
    }),
  );
});
afterAll(() => relay.close());

const refusal = async (path: string, key: string, body?: object) => {
  const answer = await call(relay.url + path, { body, headers: withKey(key) });
  const { error } = JSON.parse(answer.body.toString());
  return [answer.status, error.code, error.message];
};

describe("a key for metrics", () => {
  test("reads the metrics, in the format that is asked for", async () => {
    const get = (accept?: string) =>
      call(`${relay.url}/passthrough/metrics`, {
        headers: { ...withKey(metricsKey), ...(accept === undefined ? {} : { accept }) },
      });
    const plain = await get();
    expect(plain.status).toBe(200);
    expect(plain.headers).toMatchObject({
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
      "cache-control": "no-store",
    });
    expect(plain.headers).not.toHaveProperty("x-ratelimit-limit-requests");
    const families = parseMetrics(plain.body.toString(), "text");
    expect(valuesOf(families, "passthrough_build_info")).toEqual([1]);
    expect(valuesOf(families, "passthrough_key_budget_used_ratio", { key: "bot" })).toEqual([0]);
    const open = await get("application/openmetrics-text;version=1.0.0,text/plain;q=0.5");
    expect(open.headers["content-type"]).toBe(
      "application/openmetrics-text; version=1.0.0; charset=utf-8",
    );
    parseMetrics(open.body.toString(), "openmetrics");
  });

  test.each([
    ["/passthrough/v1/chat/completions", { model: "openclaw", messages }],
    ["/passthrough/v1/embeddings", { model: "a/m1", input: "x" }],
    ["/passthrough/v1/models", undefined],
    ["/passthrough/v1/usage", undefined],
    ["/passthrough/v1/anything", undefined],
  ])("gets a 403 from %s", async (path, body) => {
    const before = fixture.provider.requests.length;
    expect(await refusal(path, metricsKey, body)).toEqual([
      403,
      "endpoint_not_allowed",
      "This key may read GET /passthrough/metrics, and nothing else. Use another key here.",
    ]);
    expect(fixture.provider.requests).toHaveLength(before);
  });
});

test("another key gets a 403 from the metrics, and no key at all a 401", async () => {
  expect(await refusal("/passthrough/metrics", chatKey)).toEqual([
    403,
    "endpoint_not_allowed",
    expect.stringContaining("keys create NAME --metrics"),
  ]);
  expect((await refusal("/passthrough/metrics", "wrong"))[0]).toBe(401);
});

test("an operator with operator.read reads them at a path of its own", async () => {
  const answer = await call(`${relay.url}/passthrough/operator/metrics`);
  expect(answer.status).toBe(200);
  parseMetrics(answer.body.toString(), "text");
});

test("only GET reads them", async () => {
  const answer = await call(`${relay.url}/passthrough/metrics`, {
    body: {},
    headers: withKey(metricsKey),
  });
  expect([answer.status, answer.headers["allow"]]).toEqual([405, "GET"]);
});
