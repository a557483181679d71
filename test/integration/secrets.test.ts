/** A provider that echoes a secret: no client receives it, wherever it appears in an answer. */
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Answer, call } from "../support/client.ts";
import {
  type Behaviour,
  chunk,
  event,
  json,
  ordinaryEvents,
  type Provider,
  raw,
  startProvider,
  stream,
} from "../support/provider.ts";
import {
  fakeHost,
  type FakeHostOptions,
  type RelayServer,
  startRelayServer,
} from "../support/relay-server.ts";
import { messages } from "./fixture.ts";

/** Contains characters that JSON encoders may escape. */
const secret = "sk-live/4eC39H+qLyjWDarjtT1zdp7dc";
let provider: Provider;
const relays: RelayServer[] = [];
beforeAll(async () => {
  provider = await startProvider();
});
beforeEach(() => provider.reset());
afterAll(async () => {
  await Promise.all(relays.map((relay) => relay.close()));
  await provider.close();
});

async function ask(body: object = {}, options: Partial<FakeHostOptions> = {}): Promise<Answer> {
  const relay = await startRelayServer(
    fakeHost({
      models: ["a/m1"],
      providers: { a: provider.baseUrl },
      keys: [secret],
      ...options,
    }),
  );
  relays.push(relay);
  const answer = await call(`${relay.url}/v1/chat/completions`, { body: { messages, ...body } });
  expect(relay.log.join()).not.toContain(secret);
  return answer;
}

/** Everything that a client receives. */
const heard = ({ headers, body }: Answer) => JSON.stringify(headers) + body.toString("latin1");
const codeOf = (text: string) => JSON.parse(text).error.code;

const words = event(chunk({ content: "Hello" }));
const repeated = event(chunk({ content: `The key is ${secret}.` }));
const events = { "content-type": "text/event-stream" };

describe("before an answer has started", () => {
  test.each<[string, object, Behaviour, number, string]>([
    ["a good answer", {}, json({ id: "x", key: secret }), 502, "upstream_unreadable"],
    ["a client error", {}, json({ error: { message: secret } }, 400), 502, "upstream_unreadable"],
    ["a failure", {}, json({ error: { message: secret } }, 503), 502, "upstream_failed"],
    [
      "a refused credential",
      {},
      json({ error: { message: secret } }, 401),
      502,
      "upstream_unauthorized",
    ],
    [
      "too many requests",
      {},
      json({ error: { message: secret } }, 429),
      429,
      "upstream_rate_limited",
    ],
    [
      "an error event",
      { stream: true },
      stream({ pieces: [event({ error: { message: secret } })] }),
      502,
      "upstream_unreadable",
    ],
    [
      "the first words of a stream",
      { stream: true },
      stream({ pieces: [repeated] }),
      502,
      "upstream_unreadable",
    ],
    [
      "a comment before the first words",
      { stream: true },
      stream({ pieces: [`: ${secret}\n\n`, words] }),
      502,
      "upstream_unreadable",
    ],
    [
      "a compressed answer",
      {},
      raw(gzipSync(JSON.stringify({ id: secret })), 200, {
        "content-type": "application/json",
        "content-encoding": "gzip",
      }),
      502,
      "upstream_unreadable",
    ],
    [
      "an answer with escaped slashes",
      {},
      raw(`{"a":"${secret.replaceAll("/", "\\/")}"}`, 200, {}),
      502,
      "upstream_unreadable",
    ],
    [
      "an answer with Unicode escapes",
      {},
      raw(`{"a":"${secret.replaceAll("/", "\\u002f").replaceAll("+", "\\u002b")}"}`, 200, {}),
      502,
      "upstream_unreadable",
    ],
    [
      "an answer with upper-case Unicode escapes",
      {},
      raw(`{"a":"${secret.replaceAll("/", "\\u002F").replaceAll("+", "\\u002B")}"}`, 200, {}),
      502,
      "upstream_unreadable",
    ],
  ])(
    "a secret in %s is withheld, and the attempt fails",
    async (_where, body, behaviour, status, code) => {
      provider.behave("m1", behaviour);
      const answer = await ask(body, { config: { upstream: { retries: 0 } } });
      expect([answer.status, codeOf(answer.body.toString())]).toEqual([status, code]);
      expect(heard(answer)).not.toContain(secret);
      expect(heard(answer)).not.toContain(secret.slice(0, 12));
    },
  );

  test("the next target serves", async () => {
    provider.behave("m1", json({ id: secret }));
    const answer = await ask({}, { models: ["a/m1", "a/m2"] });
    expect([answer.status, answer.headers["x-openclaw-model"]]).toEqual([200, "m2"]);
  });

  test("headers that contain it are dropped, and the answer is served", async () => {
    const headers = {
      "x-request-id": `for ${secret}`,
      "x-ratelimit-key": secret,
      "x-ratelimit-limit": "5",
    };
    provider.behave("m1", json({ id: "x" }, 200, headers));
    const answer = await ask();
    expect([answer.status, answer.headers["x-ratelimit-limit"]]).toEqual([200, "5"]);
    expect(heard(answer)).not.toContain(secret);
    provider.behave("m1", json({ error: {} }, 429, headers));
    expect(heard(await ask({}, { config: { upstream: { retries: 0 } } }))).not.toContain(secret);
  });
});

describe("after its first output", () => {
  test.each([
    ["words", repeated],
    ["an error event", event({ error: { message: `bad key ${secret}` } })],
    ["a comment", `: ${secret}\n\n`],
  ])("a stream with a secret in %s ends with an error event instead", async (_where, piece) => {
    const pieces = [words, words, piece, ...ordinaryEvents()];
    provider.behave("m1", stream({ pieces }));
    const answer = await ask({ stream: true });
    const text = answer.body.toString();
    expect(text.startsWith(words)).toBe(true);
    expect(text).not.toContain(secret.slice(0, 12));
    expect(text).not.toContain("[DONE]");
    expect(codeOf(text.slice(text.lastIndexOf("data: ") + 6))).toBe("upstream_cut");
  });

  test("a secret split across packets is withheld, too", async () => {
    const text = words + repeated;
    for (let cut = words.length; cut < text.length; cut += 3) {
      provider.behave("m1", stream({ pieces: [text.slice(0, cut), text.slice(cut)], gapMs: 5 }));
      const answer = await ask({ stream: true });
      expect(answer.body.toString()).not.toContain("sk-");
      // If both packets arrive as one, the answer has not started.
      expect(answer.body.toString()).toMatch(/upstream_(?:cut|unreadable)/);
    }
  });

  test("a long JSON answer with a secret is cut", async () => {
    const filler = "x".repeat(1_500_000);
    provider.behave("m1", json({ filler, secret }));
    const answer = await ask();
    expect([answer.status, answer.complete]).toEqual([200, false]);
    expect(heard(answer)).not.toContain(secret.slice(0, 12));
  });
});

describe("what is a secret", () => {
  test.each<[string, Partial<NonNullable<FakeHostOptions["route"]>>]>([
    ["a configured key", { headers: { "x-api-key": "abcdef123456" } }],
    ["a configured bearer", { headers: { authorization: "Bearer abcdef123456" }, sendsKey: false }],
    ["a cookie", { headers: { cookie: "a=1; session=abcdef123456" } }],
    [
      "a SecretRef under any header name",
      { headers: { "x-tenant": "abcdef123456" }, secretValues: ["abcdef123456"] },
    ],
  ])("%s is a secret", async (_what, route) => {
    provider.behave("m1", json({ id: "abcdef123456" }));
    const answer = await ask({}, { route });
    expect([answer.status, heard(answer).includes("abcdef123456")]).toEqual([502, false]);
  });

  test.each<[string, Partial<FakeHostOptions>, string]>([
    [
      "an ordinary header's value",
      { route: { headers: { "x-tenant": "production" } } },
      "production",
    ],
    [
      "a key version header",
      { route: { headers: { "x-key-version": "2026-01-01" } } },
      "2026-01-01",
    ],
    ["a placeholder for no key", { keys: ["lm-studio"] }, "lm-studio"],
    ["a short word", { keys: ["ollama"] }, "ollama"],
    ["a prefix of a key", {}, secret.slice(0, -1)],
  ])("%s is not a secret", async (_what, options, text) => {
    provider.behave("m1", json({ id: text }));
    const answer = await ask({}, options);
    expect([answer.status, answer.body.toString()]).toEqual([200, JSON.stringify({ id: text })]);
    // A stream stays unchanged, also when it is cut at every byte.
    const whole = [event(chunk({ content: text })), ...ordinaryEvents()].join("");
    provider.behave("m1", raw(whole, 200, events));
    expect((await ask({ stream: true }, options)).body.toString()).toBe(whole);
    provider.behave("m1", stream({ pieces: Array.from(whole) }));
    expect((await ask({ stream: true }, options)).body.toString()).toBe(whole);
  });
});
