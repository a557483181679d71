import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IncomingMessage } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RelayError } from "../../src/errors.ts";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import { freePort } from "../support/gateway.ts";
import { call, callAndLeave, open, until } from "../support/client.ts";
import {
  type Behaviour,
  event,
  chunk,
  half,
  json,
  ordinaryEvents,
  raw,
  reset,
  silence,
  stream,
} from "../support/provider.ts";
import { exchange, head, post } from "../support/raw-http.ts";
import { fakeHost, startRelayServer } from "../support/relay-server.ts";
import { messages, useFixture } from "./fixture.ts";

/** One attempt at each target and no open circuits, to test the effect of a single answer. */
const single = { upstream: { retries: 0, breaker: { failures: 1000 } } };
const fixture = useFixture({ config: single });
let stateFolder = "";
beforeAll(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), "openclaw-passthrough-failures-"));
});
afterAll(() => rm(stateFolder, { recursive: true }));
const models = () => fixture.provider.requests.map((request) => request.json.model);

describe.each([false, true])("with stream: %s", (streaming) => {
  const body = { model: "openclaw", messages, stream: streaming };

  test.each<[string, Behaviour]>([
    ["answers 408", json({ error: {} }, 408)],
    ["answers 429", json({ error: {} }, 429)],
    ["answers 500", json({ error: {} }, 500)],
    ["answers 503 with a web page", raw("<html>", 503, { "content-type": "text/html" })],
    ["answers 200 with a web page", raw("<!doctype html>", 200, { "content-type": "text/html" })],
    ["redirects", raw("", 302, { location: "http://127.0.0.1:1/" })],
    ["resets the connection", reset],
    ["cuts its answer before any output", half],
    ["ends a stream before its first byte", stream({ pieces: [] })],
  ])("the next target serves when the first one %s", async (_what, behaviour) => {
    fixture.provider.behave("m1", behaviour);
    const answer = await call(fixture.chat, { body });
    expect(answer.status).toBe(200);
    expect(answer.complete).toBe(true);
    expect(models()).toEqual(["m1", "m2"]);
    expect(answer.headers).toMatchObject({
      "x-openclaw-provider": "b",
      "x-openclaw-model": "m2",
      "x-openclaw-attempts": "2",
    });
    // Two of these are one kind of failure: the second one is folded, and at debug level.
    expect(fixture.relay.log[0]).toMatch(
      /^(?:warn|debug) .*a\/m1 upstream_\w+( \d+)? \d+ ms; b\/m2 ok/,
    );
  });

  test.each([400, 404, 409, 413, 422])(
    "passes a provider's %i through unchanged",
    async (status) => {
      const text = `{"error":{"message":"no","code":${status},"extra":1.0}}`;
      fixture.provider.behave("m1", raw(text, status, { "content-type": "application/json" }));
      const answer = await call(fixture.chat, { body });
      expect([answer.status, answer.body.toString()]).toEqual([status, text]);
      expect(models()).toEqual(["m1"]);
      // The client's error, and not a success.
      expect(answer.headers["x-openclaw-attempt-log"]).toMatch(
        new RegExp(`^a/m1 provider_answered ${status} \\d+ ms$`),
      );
      await until(() => fixture.relay.log.length > 0);
      expect(fixture.relay.log[0]).toMatch(
        new RegExp(
          `^debug .*: status ${status}, provider_answered, .*provider_answered ${status} `,
        ),
      );
    },
  );

  test("passes the last failure through unchanged when no target is left", async () => {
    fixture.provider.behave(
      "m1",
      json({ error: { message: "first" } }, 500, { "retry-after": "9" }),
    );
    fixture.provider.behave(
      "m2",
      json({ error: { message: "busy" } }, 429, { "retry-after-ms": "70" }),
    );
    const answer = await call(fixture.chat, { body });
    expect(answer.status).toBe(429);
    expect(answer.body.toString()).toBe('{"error":{"message":"busy"}}');
    expect(answer.headers["retry-after-ms"]).toBe("70");
    expect(answer.headers["retry-after"]).toBeUndefined();
  });

  test("turns a web page into a 502 with an OpenAI error", async () => {
    const page = raw("<html>secret page", 403, { "content-type": "text/html" });
    fixture.provider.behave("m1", page);
    fixture.provider.behave("m2", page);
    const answer = await call(fixture.chat, { body });
    expect(answer.status).toBe(502);
    expect(JSON.parse(answer.body.toString())).toEqual({
      error: {
        message: expect.stringContaining("HTML page (status 403)"),
        type: "api_error",
        param: null,
        code: "upstream_unreadable",
      },
    });
  });

  test("closes the provider's connection if the client disconnects before the answer", async () => {
    fixture.provider.behave("m1", silence);
    const arrived = () => until(() => fixture.provider.requests.length === 1);
    await callAndLeave(fixture.chat, { body }, arrived);
    await until(() => fixture.provider.requests[0]?.abortedAtMs !== undefined);
    await until(() => fixture.relay.log.length > 0);
    expect(fixture.relay.log).toEqual([expect.stringMatching(/^debug .*client_closed/)]);
    expect(models()).toEqual(["m1"]);
  });
});

test("skips an unreachable provider, and names it in the 502 if it was the last", async () => {
  const nobody = `http://127.0.0.1:${await freePort()}/v1`;
  const providers = { a: nobody, b: fixture.provider.baseUrl, c: nobody };
  const relay = await startRelayServer(
    fakeHost({ models: ["a/m1", "b/m2"], providers, config: single }),
  );
  const served = await call(`${relay.url}/v1/chat/completions`, { body: { messages } });
  expect(served.headers["x-openclaw-provider"]).toBe("b");

  const failed = await call(`${relay.url}/v1/chat/completions`, {
    body: { messages, model: "c/m3" },
  });
  expect(failed.status).toBe(502);
  expect(failed.body.toString()).toMatch(/upstream_unreachable/);
  expect(failed.body.toString()).toMatch(/provider \\"c\\" could not be reached/);
  await relay.close();
});

test("a stream cut after its first output ends with an error event, without a retry", async () => {
  const pieces = ordinaryEvents().slice(0, 2);
  fixture.provider.behave("m1", stream({ pieces, ending: "cut" }));
  const answer = await call(fixture.chat, { body: { messages, stream: true } });
  const text = answer.body.toString();
  expect(text.startsWith(pieces.join(""))).toBe(true);
  expect(text.slice(pieces.join("").length)).toMatch(/^data: \{"error":.*"upstream_cut"\}\}\n\n$/);
  await until(() => fixture.relay.log.length > 0);
  // The client saw a 200 and an error event.
  expect(fixture.relay.log[0]).toMatch(/^warn .*: status 200, upstream_cut, .*m1 upstream_cut /);
  expect(models()).toEqual(["m1"]);
});

test("closes the provider's connection if the client disconnects mid-stream", async () => {
  const pieces = Array.from({ length: 1000 }, () => event(chunk({ content: "word" })));
  fixture.provider.behave("m1", stream({ pieces, gapMs: 20 }));
  const answer = await open(fixture.chat, { body: { messages, stream: true } });
  await new Promise((resolve) => answer.stream.once("data", resolve));
  answer.abort();
  await until(() => fixture.provider.requests[0]?.abortedAtMs !== undefined);
});

test("withholds an answer that contains the provider's key", async () => {
  fixture.provider.behave("m1", json({ error: { message: "wrong key: sk-provider-key" } }, 401));
  fixture.provider.behave("m2", json({ error: { message: "wrong key: sk-provider-key" } }, 401));
  const answer = await call(fixture.chat, { body: { messages } });
  expect(answer.status).toBe(502);
  expect(answer.body.toString()).not.toContain("sk-provider-key");
  expect(fixture.relay.log.join()).not.toContain("sk-provider-key");
});

test("an internal error reveals only its request id to the client, and no key to the log", async () => {
  const host = fakeHost({ models: ["a/m1"], providers: { a: fixture.provider.baseUrl } });
  const relay = await startRelayServer({
    ...host,
    credential: () => Promise.reject(new TypeError("holds sk-provider-key")),
  });
  const answer = await call(`${relay.url}/v1/chat/completions`, { body: { messages } });
  expect(answer.status).toBe(500);
  expect(JSON.parse(answer.body.toString())).toEqual({
    error: {
      message: "The relay failed. The gateway's log has the details under this request's id.",
      type: "api_error",
      param: null,
      code: "internal_error",
    },
  });
  await until(() => relay.log.length > 0);
  expect(relay.log[0]).toMatch(/^warn .*TypeError\n\s+at /);
  const requestId = String(answer.headers["x-openclaw-request-id"]);
  expect(relay.log[0]).toContain(` ${requestId}: status 500, internal_error`);
  const all = JSON.stringify(answer.headers) + answer.body.toString() + relay.log.join("\n");
  expect(all).not.toContain("sk-provider-key");
  await relay.close();
});

test("refuses a model with an unsupported API with 501, named in the attempt log", async () => {
  const providers = { a: fixture.provider.baseUrl };
  const host = fakeHost({ models: ["a/m1"], providers, route: { api: "unheard-of" } });
  // An agent without its own model: the target has no reference.
  const primary = { agentId: "main", modelRef: undefined, namedBy: "agent" } as const;
  const relay = await startRelayServer({ ...host, agentTargets: () => [primary] });
  const answer = await call(`${relay.url}/v1/chat/completions`, { body: { messages } });
  expect(answer.status).toBe(501);
  expect(answer.body.toString()).toMatch(/unheard-of/);
  expect(answer.headers["x-openclaw-attempt-log"]).toMatch(/^a\/m1 api_not_supported \d+ ms$/);
  expect(fixture.provider.requests).toEqual([]);
  await relay.close();
});

test("skips a target with an unsupported API if there is another one, and names it in the attempt log", async () => {
  const providers = { a: fixture.provider.baseUrl, b: fixture.provider.baseUrl };
  const host = fakeHost({ models: ["a/m1", "b/m2"], providers });
  const relay = await startRelayServer({
    ...host,
    async route(target) {
      const route = await host.route(target);
      return route.provider === "a" ? { ...route, api: "unheard-of" } : route;
    },
  });
  const answer = await call(`${relay.url}/v1/chat/completions`, { body: { messages } });
  expect([answer.status, answer.headers["x-openclaw-provider"]]).toEqual([200, "b"]);
  expect(answer.headers["x-openclaw-attempt-log"]).toMatch(
    /^a\/m1 api_not_supported \d+ ms, b\/m2 ok \d+ ms$/,
  );
  expect(models()).toEqual(["m2"]);
  await relay.close();
});

test("skips a target without a credential, and names it in the attempt log", async () => {
  const providers = { a: fixture.provider.baseUrl, b: fixture.provider.baseUrl };
  const host = fakeHost({ models: ["a/m1", "b/m2"], providers });
  const relay = await startRelayServer({
    ...host,
    credential: (route) =>
      route.provider === "a"
        ? Promise.reject(new RelayError("provider_not_configured", "no key"))
        : host.credential(route),
  });
  const answer = await call(`${relay.url}/v1/chat/completions`, { body: { messages } });
  expect([answer.status, answer.headers["x-openclaw-provider"]]).toEqual([200, "b"]);
  expect(answer.headers["x-openclaw-attempt-log"]).toMatch(
    /^a\/m1 provider_not_configured 0 ms, b\/m2 ok \d+ ms$/,
  );
  await relay.close();
});

test("the totals separate client, provider and relay errors", async () => {
  const key = createKeyText();
  const relay = await startRelayServer(
    fakeHost({
      models: ["a/m1"],
      providers: { a: fixture.provider.baseUrl },
      stateFolder,
      config: {
        ...single,
        keys: {
          bot: {
            id: "k1",
            sha256: keyDigest(key).toString("hex"),
            modes: ["passthrough"],
            requestsPerMinute: 1,
          },
        },
      },
    }),
  );
  const ask = (body: unknown) => call(`${relay.url}/v1/chat/completions`, { body });
  const totals = async (requests: number) => {
    await until(async () => (await relay.relay.status()).totals.requests === requests);
    return (await relay.relay.status()).totals;
  };
  await ask({ messages });
  await ask({ messages: 5 });
  fixture.provider.behave("m1", json({ error: {} }, 422));
  await ask({ messages });
  const none = { requests: 3, clientErrors: 2, providerErrors: 0, relayErrors: 0, attempts: 2 };
  expect(await totals(3)).toMatchObject(none);
  fixture.provider.behave("m1", json({ error: {} }, 500));
  await ask({ messages });
  fixture.provider.behave("m1", silence);
  const asked = fixture.provider.requests.length;
  await callAndLeave(`${relay.url}/v1/chat/completions`, { body: { messages } }, () =>
    until(() => fixture.provider.requests.length > asked),
  );
  const more = { ...none, requests: 5, providerErrors: 1, attempts: 4 };
  expect(await totals(5)).toMatchObject(more);
  // A key over its rate limit counts as a client error, too.
  const keyed = (headers: Record<string, string>) =>
    call(`${relay.url}/passthrough/v1/chat/completions`, { body: { messages: 5 }, headers });
  const statuses = [];
  for (const authorization of [`Bearer ${key}`, `Bearer ${key}`, "Bearer ocp_wrong"]) {
    statuses.push((await keyed({ authorization })).status);
  }
  expect(statuses).toEqual([400, 429, 401]);
  expect(await totals(8)).toMatchObject({ ...more, requests: 8, clientErrors: 5 });
  await relay.close();
});

test("a client that disconnects during authentication causes no provider request", async () => {
  const host = fakeHost({ models: ["a/m1"], providers: { a: fixture.provider.baseUrl } });
  let arrivals = 0;
  const whenLeft = ({ socket }: IncomingMessage) => {
    arrivals += 1;
    return new Promise((resolve) => socket.once("close", resolve));
  };
  let admit: (request: IncomingMessage) => Promise<unknown> = whenLeft;
  const relay = await startRelayServer(host, { admit: (request) => admit(request) });
  const chat = "/v1/chat/completions";
  const arrived = () => until(() => arrivals === 1);
  await callAndLeave(relay.url + chat, { body: { messages } }, arrived);
  // Extra bytes after a complete request make Node close the connection immediately.
  const port = Number(new URL(relay.url).port);
  await exchange(port, [post(chat, JSON.stringify({ messages })), "no HTTP"]);
  await exchange(port, [head("GET /v1/models HTTP/1.1"), "no HTTP"]);
  await exchange(port, [head("GET /passthrough/v1/models HTTP/1.1"), "no HTTP"]);
  // Another client disconnects later, in the middle of its body.
  admit = async () => undefined;
  const begun = head(`POST ${chat} HTTP/1.1`, "content-length: 100") + '{"messages"';
  await exchange(port, [begun], { silenceMs: 200 });
  await until(() => relay.log.length === 5);
  expect(relay.log.filter((line) => !line.includes("client_closed"))).toEqual([]);
  expect(fixture.provider.requests).toEqual([]);
  await relay.close();
});
