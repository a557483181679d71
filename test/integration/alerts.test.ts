/** Alerts of a relay at a real receiver: what they say, their signature, retries and bounds. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createWebhook, type Webhook } from "../../src/alerts/webhook.ts";
import { createFolds } from "../../src/telemetry/folds.ts";
import { call, until } from "../support/client.ts";
import { stopClock } from "../support/clock.ts";
import { freePort } from "../support/gateway.ts";
import { json, type Provider, startProvider } from "../support/provider.ts";
import { fakeHost, type RelayServer, startRelayServer } from "../support/relay-server.ts";
import {
  expectedSignature,
  startWebhookReceiver,
  type WebhookReceiver,
} from "../support/webhook-receiver.ts";

const secret = "canary-webhook-secret";
let receiver: WebhookReceiver;
beforeEach(async () => {
  receiver = await startWebhookReceiver();
});
afterEach(() => receiver.close());

describe("a relay in trouble", () => {
  let provider: Provider;
  let relay: RelayServer;
  const start = async (alerts: object | undefined) => {
    provider = await startProvider();
    relay = await startRelayServer(
      fakeHost({
        models: ["a/m1", "b/m2"],
        providers: { a: provider.baseUrl, b: provider.baseUrl },
        keys: ["canary-provider-key"],
        config: {
          upstream: { retries: 0, breaker: { failures: 3 } },
          ...(alerts === undefined ? {} : { alerts }),
        },
      }),
    );
  };
  afterEach(async () => {
    await relay.close();
    await provider.close();
  });
  const ask = () =>
    call(`${relay.url}/v1/chat/completions`, {
      body: { model: "openclaw", messages: [{ role: "user", content: "canary-prompt" }] },
    });

  test("tells its webhook once, signed, and that it is over", async () => {
    const clock = stopClock();
    await start({ webhook: { url: receiver.url, secret, headers: { "x-key": "k1" } } });
    provider.behave("m1", json({ error: { message: "canary-answer" } }, 503));
    for (let at = 0; at < 25; at += 1) {
      expect((await ask()).status).toBe(200);
    }
    await clock.pass(15_000);
    await until(() => receiver.posts.length === 2);
    const told = receiver.posts.map((post) => post.json);
    expect(told).toMatchObject([
      { alert: "fallback_share", state: "firing", value: 1, threshold: 0.2 },
      { alert: "circuit_open", state: "firing", target: "a/m1" },
    ]);
    for (const post of receiver.posts) {
      expect(post.headers["x-openclaw-signature"]).toBe(expectedSignature(post, secret));
      expect(post.headers["x-key"]).toBe("k1");
      expect(post.body).not.toContain("canary");
    }
    // The same again: nobody is told twice.
    await clock.pass(45_000);
    expect(receiver.posts).toHaveLength(2);
    provider.reset();
    expect((await ask()).headers["x-openclaw-provider"]).toBe("a");
    await clock.pass(10 * 60_000);
    await until(() => receiver.posts.length === 4);
    expect(receiver.posts.slice(2).map((post) => post.json)).toMatchObject([
      { alert: "circuit_open", state: "resolved", target: "a/m1" },
      { alert: "fallback_share", state: "resolved" },
    ]);
    expect(relay.log.join()).not.toContain(secret);
  });

  test("tells nobody about one failed request", async () => {
    const clock = stopClock();
    await start({ webhook: { url: receiver.url } });
    provider.behave("m1", json({ error: {} }, 503));
    provider.behave("m2", json({ error: {} }, 503));
    expect((await ask()).status).toBe(503);
    await clock.pass(60_000);
    expect(receiver.posts).toEqual([]);
  });
});

describe("the webhook", () => {
  let log: string[];
  let webhook: Webhook;
  const pace = { answerWithinMs: 100, firstBackoffMs: 10, maxBackoffMs: 40 };
  const start = (more: object = {}, windowMs = 60_000) => {
    log = [];
    const folds = createFolds({ write: (line) => log.push(line) });
    webhook = createWebhook({
      settings: () => ({ url: receiver.url, headers: {}, ...more }),
      folds,
      pace: { ...pace, windowMs },
    });
  };
  afterEach(() => webhook.stop());

  test("is tried again after a failure of the receiver, each time signed", async () => {
    start({ secret });
    receiver.answer = (response) => {
      response.writeHead(receiver.posts.length < 3 ? 503 : 200).end();
    };
    webhook.send({ alert: "x" });
    webhook.send({ alert: "y" });
    await until(() => receiver.posts.length === 4);
    expect(receiver.posts.map(({ json: sent }) => sent["alert"])).toEqual(["x", "x", "x", "y"]);
    for (const post of receiver.posts) {
      expect(post.headers["x-openclaw-signature"]).toBe(expectedSignature(post, secret));
    }
    expect(log).toEqual([]);
  });

  test("is not tried again after a refusal, which is logged without the receiver's words", async () => {
    start();
    receiver.answer = (response) => void response.writeHead(401).end("canary words");
    webhook.send({ alert: "x" });
    await until(() => log.length === 1);
    expect(log).toEqual([
      "passthrough: an alert could not be delivered to alerts.webhook (status 401)",
    ]);
    expect(receiver.posts).toHaveLength(1);
  });

  test("does not follow redirects, and is not signed without a secret", async () => {
    start();
    receiver.answer = (response) => void response.writeHead(302, { location: "/other" }).end();
    webhook.send({ alert: "x" });
    await until(() => log.length === 1);
    expect(receiver.posts).toHaveLength(1);
    expect(receiver.posts[0]?.headers).not.toHaveProperty("x-openclaw-signature");
  });

  test("that hangs is given up after six tries, and others wait in a bounded queue", async () => {
    start();
    receiver.answer = () => undefined;
    for (let at = 0; at < 500; at += 1) {
      webhook.send({ alert: `x${at}` });
    }
    expect(log).toEqual([
      "passthrough: an alert could not be delivered to alerts.webhook (too many wait)",
    ]);
    await until(() => log.length === 2);
    expect(log[1]).toContain("(no answer in time)");
    expect(receiver.posts.slice(0, 7).map(({ json: sent }) => sent["alert"])).toEqual(
      Array.from({ length: receiver.posts.slice(0, 7).length }, (_, at) =>
        at < 6 ? "x0" : "x400",
      ),
    );
  });

  test("that is not there is told by its code", async () => {
    start({ url: `http://127.0.0.1:${await freePort()}/canary-path` });
    webhook.send({ alert: "x" });
    await until(() => log.length === 1);
    expect(log[0]).toMatch(/\(ECONNREFUSED\)$/);
  });

  test("gets at most 30 requests in a window", async () => {
    start({}, 1000);
    const startedAtMs = performance.now();
    for (let at = 0; at < 70; at += 1) {
      webhook.send({ alert: `x${at}` });
    }
    await until(() => receiver.posts.length === 70);
    expect(performance.now() - startedAtMs).toBeGreaterThan(1990);
  });

  test("gets nothing while the gateway cannot resolve a secret", async () => {
    start({ secret: { source: "env", provider: "default", id: "NOT_THERE" } });
    webhook.send({ alert: "x" });
    await until(() => log.length === 1);
    expect(log[0]).toContain("could not resolve a secret of alerts.webhook");
    expect(receiver.posts).toEqual([]);
  });

  test("that is stopped ends its waits at once", async () => {
    start();
    receiver.answer = () => undefined;
    webhook.send({ alert: "x" });
    await until(() => receiver.posts.length === 1);
    webhook.stop();
    webhook.send({ alert: "y" });
    expect(log).toEqual([]);
  });
});
