/**
 * Hostile provider answers in each mode: no request hangs, the event loop is not blocked, no memory leaks, no prototype
 * changes and no secret reaches the client. `FUZZ_RUNS=20000` in the environment tries more of them.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import { call, until } from "../support/client.ts";
import { answering, hostileAnswer } from "../support/hostile-answer.ts";
import { prototypes } from "../support/prototypes.ts";
import { watchTurns } from "../support/turns.ts";
import { messages, useFixture } from "./fixture.ts";

const runs = Number(process.env["FUZZ_RUNS"] ?? 900);
const secret = "sk-fuzz/4eC39HqLyjWDarjtT1zdp7dc";
const key = createKeyText();
const modes = ["passthrough", "light"];
const fixture = useFixture({
  keys: [secret],
  // So low that the provider's absurd token counts do not spend the key's budget.
  cost: { input: 1e-12, output: 1e-12, cacheRead: 0, cacheWrite: 0 },
  config: {
    upstream: { retries: 0, breaker: { failures: 1000 } },
    light: { keepAliveMs: 0 },
    keys: {
      fuzz: {
        id: "fuzz",
        sha256: keyDigest(key).toString("hex"),
        modes,
        models: ["a/*", "b/*"],
        budgetUsdPerDay: 1000,
      },
    },
  },
});

const surfaces: readonly (readonly [string, string, Record<string, string>])[] = [
  ["passthrough", "/v1", {}],
  ["a light session", "/v1", { "x-openclaw-light-context": "1", "x-openclaw-session": "fuzz" }],
  ["a key with a budget", "/passthrough/v1", { authorization: `Bearer ${key}` }],
  [
    "a light session of a key",
    "/passthrough/v1",
    {
      authorization: `Bearer ${key}`,
      "x-openclaw-light-context": "1",
      "x-openclaw-session": "fuzz",
    },
  ],
];

const collectGarbage = (() => {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
})();
const heapBytes = () => {
  collectGarbage();
  return process.memoryUsage().heapUsed;
};

/**
 * The second target is healthy, so the client gets a success, or a refusal of the request by the first. Anything else would be
 * the relay's own failure, or a limit of its own.
 */
const isServed = (status: number) =>
  (status >= 200 && status < 300) ||
  (status >= 400 && status < 500 && ![401, 403, 408, 429].includes(status));

/** Other requests notice an event loop that is blocked for longer. */
const longestTurnMs = 200;
/** Allows for the heap's own fluctuation and for the relay's bounded stores. */
const keptBytes = 24 * 1024 * 1024;

test(
  `survives ${runs} hostile answers without a leak, a stall or a changed prototype`,
  async () => {
    const before = prototypes();
    const seen = { requests: 0, clientErrors: 0 };
    const ask = async ([, base, headers]: (typeof surfaces)[number], stream: boolean) => {
      const answer = await call(`${fixture.relay.url}${base}/chat/completions`, {
        body: { messages, stream },
        headers,
      });
      seen.requests += 1;
      seen.clientErrors += answer.status >= 400 ? 1 : 0;
      const told = JSON.stringify(answer.headers) + answer.body.toString("latin1");
      return { status: answer.status, isTelling: told.includes(secret) };
    };
    const check = (numRuns: number) =>
      fc.assert(
        fc.asyncProperty(
          hostileAnswer(secret),
          fc.constantFrom(...surfaces),
          fc.boolean(),
          async (answer, surface, stream) => {
            fixture.provider.forget();
            fixture.provider.behave("m1", answering(answer));
            const { status, isTelling } = await ask(surface, stream);
            expect(status).toSatisfy(isServed);
            expect(isTelling).toBe(false);
            expect(prototypes()).toEqual(before);
            fixture.relay.log.length = Math.min(fixture.relay.log.length, 1000);
          },
        ),
        { numRuns, endOnFailure: true },
      );
    // Warm up: code that is loaded and compiled for the first time is not a leak.
    await check(Math.min(200, runs));
    const heapBefore = heapBytes();
    const turns = watchTurns();
    await check(runs);
    turns.stop();
    const { log, connections, relay } = fixture.relay;
    const lines = log.join("\n");
    log.length = 0;
    fixture.provider.reset();
    const grownBytes = heapBytes() - heapBefore;
    if (process.env["FUZZ_RUNS"] !== undefined) {
      console.info(
        `longest turn ${Math.round(turns.longestMs)} ms, heap ${Math.round(grownBytes / 1024)} KiB more, ` +
          `${fixture.provider.openSockets} sockets at the provider`,
      );
    }
    expect(lines).not.toContain("internal_error");
    expect(lines).not.toContain(secret);
    expect(turns.longestMs).toBeLessThan(longestTurnMs);
    expect(grownBytes).toBeLessThan(keptBytes);
    // Only idle keep-alive connections are left.
    expect(fixture.provider.openSockets).toBeLessThan(8);
    await until(async () => (await connections()) === 0);
    // Every request has ended, and none failed within the relay.
    const totals = async () => (await relay.status()).totals;
    await until(async () => (await totals()).requests === seen.requests);
    expect(await totals()).toMatchObject({ ...seen, relayErrors: 0 });
    // A well-behaved client is still served.
    const [passthrough] = surfaces;
    expect(passthrough && (await ask(passthrough, true)).status).toBe(200);
  },
  60_000 + runs * 50,
);
