/** How the relay reacts to each kind of provider failure. */
import { type AddressInfo, createServer } from "node:net";
import { createParser } from "eventsource-parser";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type Answer,
  call,
  callAndLeave,
  countKeepAlives,
  open,
  until,
} from "../support/client.ts";
import { stopClock } from "../support/clock.ts";
import {
  type Behaviour,
  chunk,
  countingConcurrency,
  event,
  half,
  json,
  ordinaryEvents,
  type Provider,
  pushedStream,
  raw,
  reset,
  silence,
  startProvider,
  stream,
} from "../support/provider.ts";
import {
  fakeHost,
  type FakeHostOptions,
  type RelayServer,
  startRelayServer,
} from "../support/relay-server.ts";
import { socketsRead, untilStill } from "../support/sockets.ts";
import { messages } from "./fixture.ts";

let provider: Provider;
const relays: RelayServer[] = [];
beforeAll(async () => {
  provider = await startProvider();
});
afterAll(() => provider.close());
beforeEach(() => provider.reset());
afterEach(async () => {
  await Promise.all(relays.splice(0).map((server) => server.close()));
  vi.restoreAllMocks();
});

interface Relay {
  readonly server: RelayServer;
  ask(more?: Record<string, unknown>): Promise<Answer>;
  readonly chat: string;
}

/** A new relay without any state; its agent's models are `a/m1` and `b/m2`. */
async function relay(
  upstream: Record<string, unknown> = {},
  options: Partial<FakeHostOptions> & { config?: Record<string, unknown> } = {},
): Promise<Relay> {
  const server = await startRelayServer(
    fakeHost({
      models: ["a/m1", "b/m2"],
      providers: { a: provider.baseUrl, b: provider.baseUrl },
      ...options,
      config: { upstream, ...options.config },
    }),
  );
  relays.push(server);
  const chat = `${server.url}/v1/chat/completions`;
  return { server, chat, ask: (more) => call(chat, { body: { messages, ...more } }) };
}

/** A timer may fire slightly early by another clock. */
const timerSlackMs = 5;
/** The time between consecutive requests. */
const pausesMs = () =>
  provider.requests
    .slice(1)
    .map(({ arrivedAtMs }, at) => arrivedAtMs - (provider.requests[at]?.arrivedAtMs ?? Infinity));
const models = () => provider.requests.map((request) => request.json.model);
const busy = (headers: Record<string, string> = {}) =>
  json({ error: { message: "busy", type: "requests", code: "rate_limit_exceeded" } }, 429, headers);
/** Fails the first `failures` requests and answers the following ones. */
const recovering = (failures: number, wrong: Behaviour): Behaviour => {
  let seen = 0;
  return (exchange) => {
    seen += 1;
    if (seen <= failures) {
      return wrong(exchange);
    }
    return exchange.request.json.stream === true ? stream()(exchange) : json({ id: "x" })(exchange);
  };
};
const errorOf = (answer: Answer) => JSON.parse(answer.body.toString()).error;
/** The `data` of the last event of a stream. */
const lastEvent = (answer: Answer) =>
  answer.body
    .toString()
    .split("\n\n")
    .at(-2)
    ?.replace(/^data: /, "") ?? "";

describe.each([false, true])("with stream: %s", (streaming) => {
  const body = { stream: streaming };

  test.each<[string, () => Record<string, string>, number]>([
    ["in milliseconds", () => ({ "retry-after-ms": "300" }), 300],
    ["in seconds", () => ({ "retry-after": "0.3" }), 300],
    // A date has a resolution of one second.
    ["as a date", () => ({ "retry-after": new Date(Date.now() + 1500).toUTCString() }), 500],
  ])("retries a 429 only after its Retry-After: %s", async (_how, headers, waitMs) => {
    // This makes our own backoff zero.
    vi.spyOn(Math, "random").mockReturnValue(0);
    provider.behave(
      "m1",
      recovering(1, (exchange) => busy(headers())(exchange)),
    );
    const answer = await (await relay()).ask(body);
    expect([answer.status, models()]).toEqual([200, ["m1", "m1"]]);
    expect(pausesMs()[0]).toBeGreaterThan(waitMs - timerSlackMs);
  });

  test("retries a failure without Retry-After after a backoff, which grows for a 429", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const { ask } = await relay({ retries: 2 }, { models: ["a/m1"] });
    provider.behave("m1", busy());
    await ask(body);
    expect(models()).toEqual(["m1", "m1", "m1"]);
    const [first = 0, second = 0] = pausesMs();
    expect(first).toBeGreaterThan(250 - timerSlackMs);
    expect(second).toBeGreaterThan(500 - timerSlackMs);

    provider.reset();
    provider.behave("m1", json({ error: {} }, 500));
    await ask(body);
    expect(models()).toEqual(["m1", "m1", "m1"]);
    expect(Math.min(...pausesMs())).toBeGreaterThan(50 - timerSlackMs);
  });

  test("a 429 with a long Retry-After falls back to the next target immediately", async () => {
    provider.behave("m1", busy({ "retry-after": "6" }));
    const answer = await (await relay()).ask(body);
    expect([answer.status, models()]).toEqual([200, ["m1", "m2"]]);
  });

  test("a 429 from the last target is passed through with its Retry-After and body", async () => {
    provider.behave("m1", busy({ "retry-after": "60" }));
    const answer = await (await relay({}, { models: ["a/m1"] })).ask(body);
    expect([answer.status, answer.headers["retry-after"]]).toEqual([429, "60"]);
    expect(errorOf(answer).code).toBe("rate_limit_exceeded");
    expect(models()).toEqual(["m1"]);
  });

  test("a 429 without Retry-After is retried `retries` times, then falls back", async () => {
    provider.behave("m1", busy());
    const answer = await (await relay({ retries: 2 })).ask(body);
    expect([answer.status, models()]).toEqual([200, ["m1", "m1", "m1", "m2"]]);
  });

  test.each<[string, Behaviour]>([
    ["500", json({ error: {} }, 500)],
    ["502", json({ error: {} }, 502)],
    ["503", json({ error: {} }, 503)],
    ["504", json({ error: {} }, 504)],
    ["408", json({ error: {} }, 408)],
    ["a reset connection", reset],
    ["half an answer", half],
  ])("%s gets one quick retry, then the next target", async (_what, wrong) => {
    provider.behave("m1", recovering(1, wrong));
    expect((await (await relay()).ask(body)).headers["x-openclaw-attempts"]).toBe("2");
    expect(models()).toEqual(["m1", "m1"]);
    provider.reset();
    provider.behave("m1", wrong);
    const answer = await (await relay()).ask(body);
    expect([answer.status, models()]).toEqual([200, ["m1", "m1", "m2"]]);
  });

  test("falls back if a host name does not resolve", async () => {
    const providers = { a: "http://no-such-host.invalid/v1", b: provider.baseUrl };
    const answer = await (await relay({}, { providers })).ask(body);
    expect([answer.status, answer.headers["x-openclaw-provider"]]).toEqual([200, "b"]);
  });

  test("falls back from a silent target after its timeout, without a retry", async () => {
    provider.behave("m1", silence);
    const a = { firstTokenTimeoutMs: 100, jsonTimeoutMs: 100 };
    const answer = await (await relay({ providers: { a } })).ask(body);
    expect([answer.status, models()]).toEqual([200, ["m1", "m2"]]);
    await until(() => provider.requests[0]?.abortedAtMs !== undefined);
    expect(answer.headers["x-openclaw-attempt-log"]).toMatch(
      /^a\/m1 upstream_silent \d+ ms, b\/m2 ok/,
    );
  });

  test("falls back if a connection does not open within connectTimeoutMs", async () => {
    // It accepts TCP connections, but never answers a TLS handshake.
    const mute = createServer();
    const closed = Promise.withResolvers<void>();
    mute.on("connection", (socket) => socket.on("error", () => undefined).resume());
    mute.on("connection", (socket) => socket.once("close", () => closed.resolve()));
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const { port } = mute.address() as AddressInfo;
    const providers = { a: `https://127.0.0.1:${port}/v1`, b: provider.baseUrl };
    const { ask } = await relay(
      { retries: 0, connectTimeoutMs: 3_600_000, providers: { a: { connectTimeoutMs: 100 } } },
      { providers },
    );
    const answer = await ask(body);
    expect([answer.status, answer.headers["x-openclaw-provider"]]).toEqual([200, "b"]);
    const tried = /^a\/m1 upstream_unreachable (\d+) ms, b\/m2 ok/.exec(
      String(answer.headers["x-openclaw-attempt-log"]),
    );
    const triedMs = Number(tried?.[1]);
    expect(triedMs).toBeGreaterThan(100 - timerSlackMs);
    // The HTTP client's own limit is 10,000.
    expect(triedMs).toBeLessThan(9000);
    await closed.promise;
    await new Promise((resolve) => mute.close(resolve));
  });

  test("an error inside a 200 counts as a failure with the status it names", async () => {
    const error = { message: "overloaded", type: "overloaded_error", code: 503 };
    const wrong = streaming ? stream({ pieces: [event({ error })] }) : json({ error });
    provider.behave("m1", wrong);
    const served = await (await relay()).ask(body);
    expect([served.status, models()]).toEqual([200, ["m1", "m1", "m2"]]);
    provider.behave("m2", wrong);
    const failed = await (await relay()).ask(body);
    expect([failed.status, errorOf(failed)]).toEqual([503, error]);
    expect(failed.headers["content-type"]).toBe("application/json");
  });

  test("an invalid_request_error inside a 200 becomes a 400 without a fallback", async () => {
    const error = {
      message: "no such tool",
      type: "invalid_request_error",
      param: null,
      code: null,
    };
    provider.behave("m1", streaming ? stream({ pieces: [event({ error })] }) : json({ error }));
    const answer = await (await relay()).ask(body);
    expect([answer.status, errorOf(answer), models()]).toEqual([400, error, ["m1"]]);
  });

  describe("context_length_exceeded", () => {
    const error = { message: "too long", code: "context_length_exceeded", param: "messages" };
    const options = {
      models: ["a/m1", "a/m2", "b/m3"],
      contextWindows: { "a/m1": 8000, "a/m2": 8000, "b/m3": 128_000 },
    };

    test("falls back only to the next target with a larger context window", async () => {
      provider.behave("m1", json({ error }, 400));
      const answer = await (await relay({}, options)).ask(body);
      expect([answer.status, models()]).toEqual([200, ["m1", "m3"]]);
    });

    test("is passed through if the other context windows are unknown", async () => {
      provider.behave("m1", json({ error }, 400));
      const answer = await (await relay({}, { ...options, contextWindows: {} })).ask(body);
      expect([answer.status, models()]).toEqual([400, ["m1"]]);
    });

    test("is passed through if no target has a larger window", async () => {
      provider.behave("m1", json({ error }, 400));
      const answer = await (await relay({}, { ...options, models: ["a/m1", "a/m2"] })).ask(body);
      expect([answer.status, errorOf(answer), models()]).toEqual([400, error, ["m1"]]);
      expect(answer.headers["x-openclaw-model"]).toBe("m1");
      expect(answer.headers["x-openclaw-attempt-log"]).toMatch(
        /^a\/m1 upstream_context_length 400 \d+ ms, a\/m2 context_window_too_small 0 ms$/,
      );
    });
  });

  test("a content-policy 400 is passed through without a fallback", async () => {
    const error = { message: "no", code: "content_policy_violation" };
    provider.behave("m1", json({ error }, 400));
    const answer = await (await relay()).ask(body);
    expect([answer.status, errorOf(answer), models()]).toEqual([400, error, ["m1"]]);
  });

  /** A provider that rejects some keys with this status. */
  const refuse =
    (status: number, ...keys: string[]): Behaviour =>
    (exchange) => {
      const key = exchange.request.headers.authorization?.replace("Bearer ", "") ?? "";
      return keys.includes(key)
        ? json({ error: { message: "bad key", code: "invalid_api_key" } }, status)(exchange)
        : recovering(0, reset)(exchange);
    };
  const keysSent = () =>
    provider.requests.map(({ headers }) => headers.authorization?.replace("Bearer ", ""));

  describe("a 401", () => {
    test("retries with the next credential, skips the refused one afterwards, and warns once", async () => {
      provider.behave("m1", refuse(401, "key-0"));
      const { ask, server } = await relay({}, { keys: ["key-0", "key-1"] });
      const answers = [await ask(body), await ask(body), await ask(body)];
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(keysSent()).toEqual(["key-0", "key-1", "key-1", "key-1"]);
      expect(answers[0]?.headers["x-openclaw-attempt-log"]).toMatch(
        /^a\/m1 upstream_unauthorized 401 \d+ ms, a\/m1 ok \d+ ms$/,
      );
      expect(answers[2]?.headers["x-openclaw-attempt-log"]).toMatch(
        /^a\/m1 credential_refused (?:60|59) s left, a\/m1 ok \d+ ms$/,
      );
      const status = await server.relay.status();
      expect(status.upstream.refusedCredentials).toEqual([
        { provider: "a", source: "p0", status: 401, leftMs: expect.any(Number), skipped: 2 },
      ]);
      await until(async () => (await server.relay.status()).totals.requests === 3);
      expect((await server.relay.status()).totals.attempts).toBe(6);
      const told = server.log.filter((line) => line.includes("refused the credential"));
      expect(told).toEqual([
        expect.stringMatching(/^warn .*the provider a .* of p0 with status 401/),
      ]);
      expect(server.log.join("\n") + JSON.stringify(status)).not.toContain("key-0");
    });

    test("of the last credential falls back to the next target, also while the refusal is remembered", async () => {
      provider.behave("m1", refuse(401, "key-0", "key-1"));
      const { ask } = await relay({}, { keys: ["key-0", "key-1"] });
      expect((await ask(body)).headers["x-openclaw-model"]).toBe("m2");
      const second = await ask(body);
      expect(second.headers["x-openclaw-attempt-log"]).toMatch(
        /^(?:a\/m1 credential_refused \d+ s left, ){2}b\/m2 ok/,
      );
      expect(models()).toEqual(["m1", "m1", "m2", "m2"]);
    });

    test("never reaches the client: a 502 first, then a 503 with Retry-After", async () => {
      provider.behave("m1", refuse(401, "sk-provider-key"));
      const { ask } = await relay({}, { models: ["a/m1"] });
      const refused = await ask(body);
      expect([refused.status, errorOf(refused)]).toEqual([
        502,
        {
          message: expect.stringMatching(/^The provider "a" refused .* 401 .*"bad key"/),
          type: "api_error",
          param: null,
          code: "upstream_unauthorized",
        },
      ]);
      const waiting = await ask(body);
      expect([waiting.status, errorOf(waiting).code]).toEqual([503, "credential_refused"]);
      expect(Number(waiting.headers["retry-after"])).toBeGreaterThan(50);
      expect(waiting.body.toString()).not.toContain("bad key");
      expect(models()).toEqual(["m1"]);
    });

    test("of one provider is never reported under another provider's name", async () => {
      provider.behave("m1", refuse(401, "sk-provider-key"));
      const { ask } = await relay({ retries: 0 });
      await ask(body);
      provider.behave("m2", json({ error: { message: "busy", code: "b" } }, 503));
      const busyAnswer = await ask(body);
      expect([busyAnswer.status, errorOf(busyAnswer).code]).toEqual([503, "b"]);
      expect(busyAnswer.headers["x-openclaw-provider"]).toBe("b");
      provider.behave("m2", refuse(401, "sk-provider-key"));
      const refused = await ask(body);
      expect(errorOf(refused).message).toContain('The provider "b"');
      expect(refused.headers["x-openclaw-provider"]).toBe("b");
      // Now both credentials are disqualified, the first one for less time.
      const waiting = await ask(body);
      expect([waiting.status, errorOf(waiting).message]).toEqual([
        503,
        expect.stringContaining('The provider "a"'),
      ]);
      expect(waiting.headers["x-openclaw-provider"]).toBe("a");
    });
  });

  describe("a 403", () => {
    test("tries the next credential and the next target, and is not remembered", async () => {
      provider.behave("m1", refuse(403, "key-0", "key-1"));
      const { ask, server } = await relay({}, { keys: ["key-0", "key-1"] });
      for (const _ of [1, 2]) {
        provider.forget();
        const answer = await ask(body);
        expect(answer.headers["x-openclaw-model"]).toBe("m2");
        expect(keysSent()).toEqual(["key-0", "key-1", "key-0"]);
      }
      expect((await server.relay.status()).upstream.refusedCredentials).toEqual([]);
      // One warning for each credential.
      expect(server.log.filter((line) => line.includes("with status 403"))).toHaveLength(2);
    });

    test("is passed through if no other target does better", async () => {
      provider.behave("m1", refuse(403, "sk-provider-key"));
      for (const worse of [json({ error: {} }, 503), refuse(401, "sk-provider-key"), reset]) {
        provider.behave("m2", worse);
        const answer = await (await relay({ retries: 0 })).ask(body);
        expect([answer.status, errorOf(answer)]).toEqual([
          403,
          { message: "bad key", code: "invalid_api_key" },
        ]);
        expect(answer.headers["x-openclaw-provider"]).toBe("a");
      }
    });
  });

  test("skips a target whose circuit is open, and uses it again after resetMs", async () => {
    const clock = stopClock();
    provider.behave("m1", json({ error: {} }, 500));
    const { ask, server } = await relay({ retries: 0, breaker: { failures: 2, resetMs: 150 } });
    for (let at = 0; at < 4; at += 1) {
      expect((await ask(body)).status).toBe(200);
    }
    expect(models()).toEqual(["m1", "m2", "m1", "m2", "m2", "m2"]);
    expect((await server.relay.status()).upstream.openCircuits).toEqual(["a/m1"]);
    provider.behave("m1", recovering(0, reset));
    await clock.pass(149);
    expect((await ask(body)).headers["x-openclaw-model"]).toBe("m2");
    await clock.pass(1);
    expect((await ask(body)).headers["x-openclaw-model"]).toBe("m1");
    expect((await server.relay.status()).upstream.openCircuits).toEqual([]);
    expect(server.log.filter((line) => line.includes("the circuit to a/m1"))).toHaveLength(2);
  });

  test("answers 503 with Retry-After when all circuits are open", async () => {
    stopClock();
    provider.behave("m1", json({ error: {} }, 500));
    provider.behave("m2", json({ error: {} }, 500));
    const { ask } = await relay({ retries: 0, breaker: { failures: 1, resetMs: 60_000 } });
    expect((await ask(body)).status).toBe(500);
    const answer = await ask(body);
    expect([answer.status, errorOf(answer).code]).toEqual([503, "circuit_open"]);
    expect(answer.headers["retry-after"]).toBe("60");
    expect(models()).toEqual(["m1", "m2"]);
    // The first circuit is due first, so message and headers name its target.
    expect(errorOf(answer).message).toContain("a/m1");
    expect(answer.headers).toMatchObject({ "x-openclaw-provider": "a", "x-openclaw-model": "m1" });
  });

  test("a client that disconnects counts neither as success nor as failure", async () => {
    const breaker = { failures: 3, resetMs: 60_000 };
    const { chat, ask, server } = await relay({ retries: 0, breaker });
    const openCircuits = async () => (await server.relay.status()).upstream.openCircuits;
    const fail = async () => {
      provider.behave("m1", json({ error: {} }, 500));
      await ask(body);
    };
    const leave = async () => {
      provider.reset();
      provider.behave("m1", silence);
      const arrived = () => until(() => provider.requests.length === 1);
      await callAndLeave(chat, { body: { messages, ...body } }, arrived);
      await until(async () => (await server.relay.status()).upstream.active === 0);
    };
    await fail();
    await fail();
    await leave();
    await leave();
    // If a disconnect counted as a failure, the circuit would be open.
    expect(await openCircuits()).toEqual([]);
    await fail();
    // If it counted as a success, the circuit would still be closed.
    expect(await openCircuits()).toEqual(["a/m1"]);
  });

  test("a single-slot server gets one request at a time; others queue, fall back or get 429", async () => {
    const counted = countingConcurrency(50, recovering(0, reset));
    provider.behave("m1", counted.behaviour);
    const queueing = await relay({ providers: { a: { maxConcurrent: 1 } } });
    const answers = await Promise.all([1, 2, 3, 4].map(() => queueing.ask(body)));
    expect(answers.map(({ headers }) => headers["x-openclaw-model"])).toEqual([
      "m1",
      "m1",
      "m1",
      "m1",
    ]);
    expect(counted.most).toBe(1);
    expect((await queueing.server.relay.status()).upstream).toMatchObject({ active: 0, queued: 0 });

    const limits = { maxConcurrent: 1, queueTimeoutMs: 10 };
    const hasty = await relay({ providers: { a: limits } });
    const alone = await relay({ providers: { a: limits } }, { models: ["a/m1"] });
    provider.reset();
    const gate = Promise.withResolvers<void>();
    provider.behave("m1", async (exchange) => {
      await gate.promise;
      await recovering(0, reset)(exchange);
    });
    const served = [hasty.ask(body), alone.ask(body)];
    await until(() => provider.requests.length === 2);
    expect((await hasty.ask(body)).headers["x-openclaw-model"]).toBe("m2");
    const refused = await alone.ask(body);
    expect([refused.status, refused.headers["retry-after"]]).toEqual([429, "1"]);
    gate.resolve();
    expect((await Promise.all(served)).map(({ headers }) => headers["x-openclaw-model"])).toEqual([
      "m1",
      "m1",
    ]);
  });

  test("reports each attempt with its outcome and time in a header and one log line", async () => {
    provider.behave("m1", json({ error: {} }, 503, { "x-ratelimit-limit-requests": "1" }));
    const { ask, server } = await relay();
    const { headers } = await ask(body);
    expect(headers["x-openclaw-attempt-log"]).toMatch(
      /^a\/m1 upstream_failed 503 \d+ ms, a\/m1 upstream_failed 503 \d+ ms, b\/m2 ok \d+ ms$/,
    );
    // A failed target's headers do not leak into the next target's answer.
    expect(headers).not.toHaveProperty("x-ratelimit-limit-requests");
    await until(() => server.log.length > 0);
    expect(server.log).toEqual([
      expect.stringMatching(
        /status 200, ok.*attempts: a\/m1 upstream_failed 503 \d+ ms; a\/m1 upstream_failed 503 \d+ ms; b\/m2 ok \d+ ms$/,
      ),
    ]);
  });
});

describe("a committed stream", () => {
  const [role = "", ...rest] = ordinaryEvents();

  test("that is cut, even inside an event, ends with an error event", async () => {
    for (const tail of ["", 'data: {"choi', "data: {}\n", "data: {}\r\n"]) {
      provider.reset();
      provider.behave("m1", stream({ pieces: [role, rest[0] ?? "", tail], ending: "cut" }));
      const answer = await (await relay()).ask({ stream: true });
      const text = answer.body.toString();
      expect(text).toMatch(
        /\n\ndata: \{"error":\{.*"code":"upstream_cut"\}\}\n\n$|\r\n\ndata: \{"error"/,
      );
      expect(text).not.toContain("[DONE]");
      expect(models()).toEqual(["m1"]);
    }
  });

  test("that ends without a finish_reason ends with an error event", async () => {
    provider.behave("m1", stream({ pieces: [role, ...rest.slice(0, 2)] }));
    const answer = await (await relay()).ask({ stream: true });
    expect(JSON.parse(lastEvent(answer)).error).toMatchObject({
      code: "upstream_cut",
      type: "api_error",
    });
  });

  test("that stalls ends with an error event; reasoning resets the timer, comments and empty deltas do not", async () => {
    const lifeless = [": ping\n\n", event(chunk({})), event(chunk({ role: "assistant" }))];
    const clock = stopClock();
    const pushed = pushedStream();
    provider.behave("m1", pushed.behaviour);
    const answer = (await relay({ idleTimeoutMs: 150 })).ask({ stream: true });
    await pushed.send(role + rest[0]);
    const thinking = Array.from({ length: 10 }, () => event(chunk({ reasoning_content: "hm" })));
    for (const piece of thinking) {
      await clock.pass(140);
      await pushed.send(piece);
    }
    for (const piece of lifeless) {
      await clock.pass(49);
      await pushed.send(piece);
    }
    expect(provider.requests[0]?.abortedAtMs).toBeUndefined();
    await clock.pass(3);
    const stalled = await answer;
    const text = stalled.body.toString();
    expect(text.startsWith([role, rest[0], ...thinking, ...lifeless].join(""))).toBe(true);
    expect(JSON.parse(lastEvent(stalled)).error.code).toBe("upstream_stalled");
    await until(() => provider.requests[0]?.abortedAtMs !== undefined);
  });

  test("with a finish_reason but no [DONE] is complete and ends within a second", async () => {
    const clock = stopClock();
    const finished = [role, ...rest.slice(0, -1)];
    for (const ending of ["end", "cut", "silence"] as const) {
      provider.reset();
      const pushed = pushedStream();
      provider.behave(
        "m1",
        ending === "silence" ? pushed.behaviour : stream({ pieces: finished, ending }),
      );
      const answering = (await relay()).ask({ stream: true });
      if (ending === "silence") {
        await pushed.send(finished.join(""));
        await clock.pass(1000);
      }
      const answer = await answering;
      expect(answer.body.toString()).toBe(finished.join(""));
      expect(answer.complete).toBe(true);
    }
  });

  test("with several choices is complete when all of them are finished", async () => {
    const of = (index: number, more: object) =>
      event({ choices: [{ index, delta: { content: "x" }, ...more }] });
    const pieces = [
      of(0, { finish_reason: "stop", delta: {} }),
      of(1, {}),
      of(1, { finish_reason: "stop", delta: {} }),
    ];
    const clock = stopClock();
    const pushed = pushedStream();
    provider.behave("m1", pushed.behaviour);
    const answering = (await relay()).ask({ stream: true, n: 2 });
    for (const piece of pieces) {
      await pushed.send(piece);
      // Shorter than a complete stream may stay open.
      await clock.pass(700);
    }
    await pushed.end();
    const answer = await answering;
    expect(answer.body.toString()).toBe(pieces.join(""));
    expect(answer.complete).toBe(true);
  });

  test("with an error event forwards it unchanged", async () => {
    const error = event({ error: { message: "late", code: 1234 } });
    provider.behave("m1", stream({ pieces: [role, rest[0] ?? "", error] }));
    const answer = await (await relay()).ask({ stream: true });
    expect(answer.body.toString()).toBe(role + rest[0] + error);
  });

  test("with a malformed chunk continues unchanged", async () => {
    const pieces = [role, rest[0] ?? "", "data: {nope\n\n", "garbage\n\n", ...rest.slice(1)];
    provider.behave("m1", stream({ pieces }));
    const answer = await (await relay()).ask({ stream: true });
    expect(answer.body.toString()).toBe(pieces.join(""));
  });

  test.each([
    ["with many outputs", 300, 64 * 1024],
    ["with a first event larger than all buffers", 1, 20 * 1024 * 1024],
  ])("does not time out because its client is slow: %s", async (_what, count, size) => {
    const big = Array.from({ length: count }, () => event(chunk({ content: "x".repeat(size) })));
    const clock = stopClock();
    let sentBytes = () => 0;
    provider.behave("m1", (exchange) => {
      sentBytes = () => exchange.socket.bytesWritten;
      return stream({ pieces: [...big, ...rest] })(exchange);
    });
    const { chat } = await relay({ idleTimeoutMs: 100 });
    const answer = await open(chat, { body: { messages, stream: true } });
    await untilStill(() => sentBytes());
    await clock.pass(500);
    let bytes = 0;
    let tail = "";
    for await (const part of answer.stream) {
      bytes += (part as Buffer).length;
      tail = (tail + (part as Buffer).toString("latin1")).slice(-100);
    }
    expect(bytes).toBe(Buffer.byteLength([...big, ...rest].join("")));
    expect(tail).toMatch(/data: \[DONE\]\n\n$/);
  });

  test("starts with its first output; earlier events are held back and then sent", async () => {
    const preamble = [": comment\n\n", role, event(chunk({})), event(chunk({ tool_calls: [] }))];
    const gate = Promise.withResolvers<void>();
    provider.behave("m1", async (exchange) => {
      await stream({ pieces: preamble, ending: "silence" })(exchange);
      await gate.promise;
      exchange.socket.destroy();
    });
    const { chat } = await relay({ retries: 0 });
    const answer = open(chat, { body: { messages, stream: true } });
    await until(() => provider.requests.length === 1);
    // The relay has the preamble but must not have sent any of it when the stream breaks.
    await socketsRead();
    gate.resolve();
    expect((await answer).headers["x-openclaw-model"]).toBe("m2");
    (await answer).abort();

    provider.behave("m1", stream({ pieces: [...preamble, ...rest] }));
    const whole = await (await relay()).ask({ stream: true });
    expect(whole.body.toString()).toBe([...preamble, ...rest].join(""));
  });

  test("starts without an output only after more than 64 KiB have arrived", async () => {
    const pushed = pushedStream();
    provider.behave("m1", pushed.behaviour);
    const { chat } = await relay();
    let begun = false;
    const opening = open(chat, { body: { messages, stream: true } }).then((answer) => {
      begun = true;
      return answer;
    });
    const comment = `: ${"x".repeat(1020)}\n\n`;
    await pushed.send(comment.repeat(64));
    await socketsRead();
    expect(begun).toBe(false);
    await pushed.send(comment);
    const answer = await opening;
    let text = "";
    answer.stream.on("data", (part: Buffer) => (text += part.toString()));
    await until(() => text === comment.repeat(65));
    answer.abort();
  });
});

describe("keep-alive", () => {
  const config = { sse: { keepAliveMs: 30 } };

  test("comments are sent until the answer starts, each ended by one newline", async () => {
    const { heard, onBody } = countKeepAlives(2);
    provider.behave("m1", async (exchange) => {
      await heard;
      await stream()(exchange);
    });
    const { chat } = await relay({}, { config });
    const answer = await call(chat, { body: { messages, stream: true }, onBody });
    expect(answer.headers["content-type"]).toMatch(/^text\/event-stream/);
    const [, comments, text] = /^((?:: keepalive\n)+)([^]*)$/.exec(answer.body.toString()) ?? [];
    expect(comments?.split("\n").length).toBeGreaterThan(2);
    expect(text).toBe(ordinaryEvents().join(""));
  });

  test("a later failure becomes an error event, with the provider's error if it is in the OpenAI format", async () => {
    const failing: [Behaviour, string][] = [
      [json({ error: { message: "no", code: "x" } }, 422), "x"],
      [json({ error: { message: "down", code: "y" } }, 503), "y"],
      [raw("plain words", 503, { "content-type": "text/plain" }), "upstream_failed"],
      [raw("<html>", 502, { "content-type": "text/html" }), "upstream_unreadable"],
    ];
    for (const [behaviour, code] of failing) {
      const { heard, onBody } = countKeepAlives(1);
      provider.behave("m1", async (exchange) => {
        await heard;
        await behaviour(exchange);
      });
      const { chat } = await relay({ retries: 0 }, { config, models: ["a/m1"] });
      const answer = await call(chat, { body: { messages, stream: true }, onBody });
      expect(answer.status).toBe(200);
      expect(answer.body.toString()).toMatch(/^(?:: keepalive\n)+data: \{.*\}\n\n$/);
      expect(JSON.parse(lastEvent(answer).replace(/^[^]*data: /, "")).error.code).toBe(code);
    }
  });

  test.each([
    ["with content-length", (text: string) => ({ "content-length": String(text.length) })],
    ["chunked", () => ({ "transfer-encoding": "chunked" })],
  ])("a later JSON answer becomes one event, whatever its size: %s", async (_what, framing) => {
    const value = { choices: [], words: Array.from({ length: 300_000 }, (_, at) => at) };
    const text = `${JSON.stringify(value, undefined, 1).replaceAll("\n", "\r\n")}\r\n`;
    expect(text.length).toBeGreaterThan(2 * 1024 * 1024);
    const { heard, onBody } = countKeepAlives(1);
    provider.behave("m1", async (exchange) => {
      await heard;
      await raw(text, 200, { "content-type": "application/json", ...framing(text) })(exchange);
    });
    const { chat } = await relay({}, { config });
    const answer = await call(chat, { body: { messages, stream: true }, onBody });
    expect(answer.complete).toBe(true);
    const events: string[] = [];
    const parser = createParser({ onEvent: ({ data }) => events.push(data) });
    parser.feed(answer.body.toString());
    expect(events.map((data) => JSON.parse(data))).toEqual([value]);
  });

  test("applies to streams only, and is off by default", async () => {
    const clock = stopClock();
    /** An answer that arrives after a second. */
    const late = async ({ ask }: Relay, more: Record<string, unknown>) => {
      provider.reset();
      const gate = Promise.withResolvers<void>();
      provider.behave("m1", async (exchange) => {
        await gate.promise;
        await recovering(0, reset)(exchange);
      });
      const answer = ask(more);
      await until(() => provider.requests.length === 1);
      await clock.pass(1000);
      gate.resolve();
      return (await answer).body.toString();
    };
    expect(await late(await relay(), { stream: true })).toBe(ordinaryEvents().join(""));
    expect(await late(await relay({}, { config }), { stream: false })).toBe('{"id":"x"}');
    expect(await late(await relay({}, { config }), { stream: true })).toMatch(/^: keepalive\n/);
  });
});

test("queues up to 1,000 requests and refuses the next one immediately with 429", async () => {
  const gate = Promise.withResolvers<void>();
  provider.behave("m1", async (exchange) => {
    await gate.promise;
    await recovering(0, reset)(exchange);
  });
  const limits = { maxConcurrent: 1, queueTimeoutMs: 60_000 };
  const { ask, server } = await relay({ providers: { a: limits } }, { models: ["a/m1"] });
  const waiting = Array.from({ length: 1001 }, () => ask());
  await until(async () => (await server.relay.status()).upstream.queued === 1000);
  const refused = await ask();
  expect([refused.status, errorOf(refused).code]).toEqual([429, "concurrency_limit"]);
  expect((await server.relay.status()).upstream).toMatchObject({ active: 1, queued: 1000 });
  gate.resolve();
  expect(new Set((await Promise.all(waiting)).map(({ status }) => status))).toEqual(new Set([200]));
});
