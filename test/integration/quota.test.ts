/** What counts against a key's limits, and how its holder sees them. */
import { request } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import { type Answer, call, type OpenAnswer, open, until } from "../support/client.ts";
import {
  type Behaviour,
  chunk,
  event,
  half,
  json,
  ordinaryEvents,
  raw,
  reset,
  silence,
  stream,
} from "../support/provider.ts";
import { fakeHost, type RelayServer, startRelayServer } from "../support/relay-server.ts";
import { messages, useFixture } from "./fixture.ts";

const fixture = useFixture();
const key = createKeyText();
const headers = { authorization: `Bearer ${key}` };
const otherKey = createKeyText();
/** Every token costs a dollar. */
const cost = { input: 1e6, output: 1e6, cacheRead: 1e6, cacheWrite: 1e6 };

let stateFolder = "";
let relay: RelayServer | undefined;
beforeAll(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), "openclaw-passthrough-quota-"));
});
afterEach(async () => {
  await relay?.close();
  relay = undefined;
  await rm(join(stateFolder, "passthrough"), { recursive: true, force: true });
});
afterAll(() => rm(stateFolder, { recursive: true }));

const longMessages = [{ role: "user", content: "x".repeat(420_000) }];
/** The port of the discard service, where nothing listens. */
const closedPort = "http://127.0.0.1:9/v1";

interface Setup {
  readonly models?: readonly string[];
  readonly upstream?: object;
}

/** Starts a relay with two keys: `bot`, which has the limits, and `other`, which has none. */
async function start(limits: object = {}, { models = ["a/m1"], upstream = {} }: Setup = {}) {
  const stored = (id: string, text: string) => ({
    id,
    sha256: keyDigest(text).toString("hex"),
    modes: ["passthrough"],
  });
  relay = await startRelayServer(
    fakeHost({
      models,
      providers: { a: fixture.provider.baseUrl, b: fixture.provider.baseUrl, down: closedPort },
      cost,
      stateFolder,
      config: {
        upstream: { retries: 0, breaker: { failures: 1000 }, ...upstream },
        keys: { bot: { ...stored("k1", key), ...limits }, other: stored("k2", otherKey) },
      },
    }),
  );
}

const url = (path: string) => `${relay?.url}/passthrough/v1${path}`;
const ask = (body: object = {}) =>
  call(url("/chat/completions"), { body: { messages, ...body }, headers });
/** Sends a request and disconnects once the provider has got it. */
async function askAndLeave(body: object): Promise<void> {
  const outgoing = request(url("/chat/completions"), { agent: false, method: "POST", headers });
  outgoing.on("error", () => undefined);
  outgoing.end(JSON.stringify(body));
  await until(() => fixture.provider.requests.length > 0);
  outgoing.destroy();
}
interface Usage {
  readonly key: string;
  readonly limits: Record<string, { limit: number; remaining: number; resetAt: string }>;
  readonly today: Record<string, number>;
  readonly month: Record<string, number>;
  readonly models: readonly { agent: string; model: string; today: Record<string, number> }[];
}
const usage = async (): Promise<Usage> =>
  JSON.parse((await call(url("/usage"), { headers })).body.toString());
/** The usage after this many requests have ended. */
const usageAfter = async (requests: number): Promise<Usage> => {
  let last = await usage();
  await until(async () => {
    last = await usage();
    return last.today["requests"] === requests;
  });
  return last;
};
const promptTokens = (sentBytes = fixture.provider.requests[0]?.body.length ?? 0) =>
  Math.ceil(sentBytes / 4);
const codeOf = (answer: Answer) => JSON.parse(answer.body.toString()).error?.code;

/** Sends the first event and leaves the stream open. */
function held(first: string): Behaviour {
  return ({ response }) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(first);
  };
}

describe("a client that leaves", () => {
  test.each([
    ["JSON: the whole reservation", { max_tokens: 70 }, silence, 70],
    ["JSON without a limit: the usual answer", {}, silence, 1000],
    ["a stream before its first output: its prompt", { stream: true, max_tokens: 70 }, silence, 0],
  ])("is booked for %s", async (_what, body, behaviour, tokensOut) => {
    await start();
    fixture.provider.behave("m1", behaviour);
    await askAndLeave({ messages: longMessages, ...body });
    const { today } = await usageAfter(1);
    expect(today).toMatchObject({ errors: 0, tokensIn: promptTokens(), tokensOut });
    expect(today["tokensIn"]).toBeGreaterThan(100_000);
    expect(today["costUsd"]).toBeCloseTo(promptTokens() + tokensOut);
  });

  test.each([
    ["its first delta", "word", (bytes: number) => Math.ceil(bytes / 150)],
    ["a large event", "word ".repeat(1000), (bytes: number) => Math.ceil((bytes - 400) / 4)],
  ])("is booked for the part of a stream that arrived: %s", async (_what, content, expected) => {
    await start();
    const first = event(chunk({ content }));
    fixture.provider.behave("m1", held(first));
    const answer: OpenAnswer = await open(url("/chat/completions"), {
      body: { messages, stream: true },
      headers,
    });
    await new Promise((resolve) => answer.stream.once("data", resolve));
    answer.abort();
    const { today } = await usageAfter(1);
    const tokensOut = expected(first.length);
    expect(today).toMatchObject({ errors: 0, tokensIn: promptTokens(), tokensOut });
  });

  test("is refused later if the abandoned request spent the budget", async () => {
    await start({ budgetUsdPerDay: 50_000 });
    fixture.provider.behave("m1", silence);
    await askAndLeave({ messages: longMessages });
    await usageAfter(1);
    fixture.provider.reset();
    const answer = await ask();
    expect([answer.status, codeOf(answer)]).toEqual([429, "insufficient_quota"]);
    expect(fixture.provider.requests).toEqual([]);
  });
});

describe("an attempt that failed", () => {
  const impatient = { upstream: { jsonTimeoutMs: 100, firstTokenTimeoutMs: 100 } };

  test.each<[string, Behaviour, object, number]>([
    ["by a reset connection: the whole reservation", reset, {}, 70],
    ["by a truncated answer: the whole reservation", half, {}, 70],
    ["by a timeout: the whole reservation", silence, {}, 70],
    ["by a stream's timeout: its prompt", silence, { stream: true }, 0],
    ["by a provider's 503: its prompt", json({ error: {} }, 503), {}, 0],
    [
      "by a web page: the whole reservation",
      raw("<html>", 200, { "content-type": "text/html" }),
      {},
      70,
    ],
  ])("after its body was sent is charged, %s", async (_what, behaviour, body, tokensOut) => {
    await start({}, impatient);
    fixture.provider.behave("m1", behaviour);
    await ask({ max_tokens: 70, ...body });
    const { today } = await usageAfter(1);
    expect(today).toMatchObject({ errors: 1, tokensIn: promptTokens(), tokensOut });
  });

  test("is charged by the provider's usage if it reports one", async () => {
    await start();
    const counts = { prompt_tokens: 7, completion_tokens: 3 };
    fixture.provider.behave("m1", json({ error: { message: "full" }, usage: counts }, 503));
    await ask();
    expect((await usageAfter(1)).today).toMatchObject({ tokensIn: 7, tokensOut: 3 });
  });

  test.each([400, 401, 404, 422, 429])(
    "by a provider's %i costs nothing, because the provider did not process it",
    async (status) => {
      await start();
      fixture.provider.behave("m1", json({ error: { message: "no" } }, status));
      await ask();
      expect((await usageAfter(1)).today).toMatchObject({ tokensIn: 0, tokensOut: 0, costUsd: 0 });
    },
  );

  test("before its body was sent costs nothing; other attempts are charged to their own model", async () => {
    await start({}, { models: ["down/m0", "a/m1", "b/m2"] });
    fixture.provider.behave("m1", reset);
    expect((await ask({ max_tokens: 70 })).status).toBe(200);
    const { models } = await usageAfter(1);
    const rows = new Map(models.map(({ model, today }) => [model, today]));
    expect(rows.get("a/m1")).toMatchObject({ requests: 0, tokensOut: 70 });
    // The provider reports usage for this one.
    expect(rows.get("b/m2")).toMatchObject({ requests: 1, tokensOut: 6 });
    expect([...rows.keys()].toSorted()).toEqual(["a/m1", "b/m2"]);
  });
});

describe("the limits of a key", () => {
  const limits = {
    requestsPerMinute: 3,
    tokensPerMinute: 1000,
    maxConcurrent: 5,
    budgetUsdPerDay: 2000,
    budgetUsdPerMonth: 9000,
  };
  const names = ["requests", "tokens", "concurrency", "budget-day", "budget-month"];

  test("are in the headers of every answer, in place of the provider's", async () => {
    await start({ ...limits, requestsPerMinute: 100 });
    const theirs = { "x-ratelimit-remaining-requests": "9999", "x-ratelimit-limit-images": "5" };
    fixture.provider.behave("m1", json({ id: "x", choices: [] }, 200, theirs));
    const post = { body: { messages }, headers };
    const answers = [
      await call(url("/chat/completions"), post),
      await call(url("/chat/completions"), { body: "{", headers }),
      await call(url("/chat/completions"), { method: "GET", headers }),
      await call(url("/chat/completions"), { body: { messages, model: "no/such" }, headers }),
      await call(url("/models"), { headers }),
      await call(url("/usage"), { headers }),
      await call(url("/elsewhere"), { headers }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 405, 404, 200, 200, 404]);
    for (const answer of answers) {
      for (const name of names) {
        expect(answer.headers).toMatchObject({
          [`x-ratelimit-limit-${name}`]: expect.stringMatching(/^\d+$/),
          [`x-ratelimit-remaining-${name}`]: expect.stringMatching(/^\d+(\.\d+)?$/),
          [`x-ratelimit-reset-${name}`]: expect.stringMatching(/^\d+ms$/),
        });
      }
      expect(answer.headers["x-ratelimit-limit-images"]).toBeUndefined();
    }
    expect(answers[0]?.headers["x-ratelimit-remaining-requests"]).toBe("99");
  });

  test("are in the headers of a stream", async () => {
    await start(limits);
    fixture.provider.behave("m1", stream());
    const streamed = await ask({ stream: true });
    expect(streamed.headers).toMatchObject({ "x-ratelimit-remaining-requests": "2" });
  });

  test("do not replace the provider's rate-limit headers if the key has none", async () => {
    await start();
    const theirs = { "x-ratelimit-remaining-requests": "9999" };
    fixture.provider.behave("m1", json({ id: "x", choices: [] }, 200, theirs));
    expect((await ask()).headers["x-ratelimit-remaining-requests"]).toBe("9999");
  });

  test("are not consumed by /models and /usage", async () => {
    await start(limits);
    for (let at = 0; at < 5; at += 1) {
      expect((await call(url("/models"), { headers })).status).toBe(200);
    }
    const seen = await usage();
    expect(seen.limits["requests"]).toMatchObject({ limit: 3, remaining: 3 });
    expect(seen.today["requests"]).toBe(0);
  });

  test("book a refused request as an error", async () => {
    await start({ requestsPerMinute: 1 });
    await ask();
    const refused = await ask();
    expect([refused.status, codeOf(refused)]).toEqual([429, "rate_limit_exceeded"]);
    expect((await usageAfter(2)).today).toMatchObject({ requests: 2, errors: 1 });
  });
});

test("a spent budget answers 429 with its reset time and x-should-retry false", async () => {
  await start({ budgetUsdPerMonth: 1 });
  await ask();
  await usageAfter(1);
  const answer = await ask();
  const now = new Date();
  const nextMonth = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
  expect([answer.status, codeOf(answer)]).toEqual([429, "insufficient_quota"]);
  expect(answer.headers).toMatchObject({
    "x-should-retry": "false",
    "x-ratelimit-remaining-budget-month": "0",
  });
  expect(answer.body.toString()).toContain(nextMonth.toISOString());
  expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
});

test.each<[string, { readonly stream?: boolean; readonly stream_options?: object }]>([
  ["JSON", {}],
  ["a stream", { stream: true, stream_options: { include_usage: true } }],
])(
  "absurd counts from a provider leave the usage of all keys readable: %s",
  async (_what, body) => {
    const counts = { prompt_tokens: 1.7e308, completion_tokens: 1.7e308 };
    const pieces = ordinaryEvents().toSpliced(
      -1,
      0,
      event({ ...chunk({}), choices: [], usage: counts }),
    );
    fixture.provider.behave(
      "m1",
      body.stream === true ? stream({ pieces }) : json({ choices: [], usage: counts }),
    );
    await start();
    await ask(body);
    await ask(body);
    await usageAfter(2);
    await relay?.close();
    await start();
    const { today, models } = await usageAfter(2);
    expect(Object.values(today)).not.toContain(null);
    expect(models).toMatchObject([{ model: "a/m1", today: { requests: 2 } }]);
  },
);

test("GET /usage shows a key its own usage and limits, not another key's, and 401 to an unknown key", async () => {
  await start({ requestsPerMinute: 60, budgetUsdPerDay: 2000 });
  await ask();
  const seen = await usageAfter(1);
  const tokensIn = promptTokens();
  const counted = {
    requests: 1,
    errors: 0,
    tokensIn,
    tokensOut: 6,
    tokensCached: 0,
    tokensCacheWrite: 0,
    costUsd: tokensIn + 6,
  };
  expect(seen).toEqual({
    object: "usage",
    key: "bot",
    limits: {
      requests: { limit: 60, remaining: 59, resetAt: expect.stringMatching(/Z$/) },
      budgetDay: {
        limit: 2000,
        remaining: 2000 - tokensIn - 6,
        resetAt: expect.stringMatching(/T00:00:00\.000Z$/),
      },
    },
    today: counted,
    month: counted,
    total: counted,
    models: [{ agent: "main", model: "a/m1", total: counted, month: counted, today: counted }],
  });
  const as = (text: string) =>
    call(url("/usage"), { headers: { authorization: `Bearer ${text}` } });
  const nothing = Object.fromEntries(Object.keys(counted).map((name) => [name, 0]));
  expect(JSON.parse((await as(otherKey)).body.toString())).toEqual({
    object: "usage",
    key: "other",
    limits: {},
    today: nothing,
    month: nothing,
    total: nothing,
    models: [],
  });
  expect((await as(createKeyText())).status).toBe(401);
});
