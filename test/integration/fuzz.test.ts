/**
 * Both surfaces under random input: every answer is a success or a clean refusal, nothing leaks, and a well-behaved client
 * is served throughout. `FUZZ_RUNS=20000` in the environment tries more, for each surface.
 */
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import { startBystander } from "../support/bystander.ts";
import { call } from "../support/client.ts";
import { prototypes } from "../support/prototypes.ts";
import { exchange, head, post } from "../support/raw-http.ts";
import { watchTurns } from "../support/turns.ts";
import { flawOf } from "../support/refusal.ts";
import { entries } from "../support/relay-server.ts";
import { goodRun, messages, useFixture } from "./fixture.ts";

const key = createKeyText();
const modes = ["passthrough", "light", "agent"];
const secrets = ["sk-provider-key", key, keyDigest(key).toString("hex"), "PROMPT"];
const options = {
  config: {
    mode: "agent",
    upstream: { breaker: { failures: 1000 } },
    sessions: { bodyPaths: ["call.id"] },
    light: { keepAliveMs: 0 },
    keys: {
      fuzz: { id: "fuzz", sha256: keyDigest(key).toString("hex"), modes, models: ["a/*"] },
    },
  },
  runAgent: async () => goodRun,
};
const surfaces = [
  { base: "/v1", credentials: {} },
  { base: "/passthrough/v1", credentials: { authorization: `Bearer ${key}` } },
] as const;

/** Any text: line breaks, control characters, emoji, lone surrogates. */
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom("\r", "\n", "\0", "\ud800", "é", '"', "\\", "x", ":") }),
  fc.constantFrom("a/m1", "openclaw", "openclaw/main", "__proto__", "constructor", "x".repeat(600)),
);
const modelName = fc.oneof(
  text,
  text.map((name) => `a/${name}`),
);
/** Any header value that HTTP allows. */
const headerValue = fc.stringMatching(
  /^[\x21-\x7e\x80-\xff]([\x20-\x7e\x80-\xff]{0,40}[\x21-\x7e])?$/,
);
const anyHeaders = fc.dictionary(
  fc.constantFrom(
    "x-openclaw-session",
    "x-openclaw-session-key",
    "x-openclaw-agent-id",
    "x-openclaw-agent",
    "x-openclaw-model",
    "x-openclaw-light-context",
    "x-openclaw-message-channel",
    "traceparent",
    "idempotency-key",
    "accept",
  ),
  fc.oneof(headerValue, fc.constantFrom("a/m1", "main", "1", "0", "room")),
  { maxKeys: 3 },
);
/** Nearly valid bodies: known members with values of any kind. */
const message = fc.record(
  {
    role: fc.oneof(fc.constantFrom("user", "assistant", "tool", "system", "function"), text),
    content: fc.oneof(text, fc.jsonValue(), fc.array(fc.record({ type: text, text }))),
    name: text,
    tool_calls: fc.jsonValue(),
    tool_call_id: fc.jsonValue(),
  },
  { requiredKeys: [] },
);
const tool = fc.record({ type: fc.constant("function"), function: fc.record({ name: text }) });
const nearlyRight = fc
  .record(
    {
      model: fc.oneof(text, fc.jsonValue()),
      messages: fc.oneof(fc.array(fc.oneof(message, fc.jsonValue())), fc.jsonValue()),
      input: fc.oneof(text, fc.jsonValue()),
      stream: fc.oneof(fc.boolean(), fc.jsonValue()),
      stream_options: fc.jsonValue(),
      user: fc.oneof(text, fc.jsonValue()),
      call: fc.oneof(fc.record({ id: text }), fc.jsonValue()),
      tools: fc.oneof(fc.array(fc.oneof(tool, fc.jsonValue())), fc.jsonValue()),
      tool_choice: fc.oneof(fc.constantFrom("required", "none"), fc.jsonValue()),
      max_tokens: fc.oneof(fc.double(), fc.jsonValue()),
      n: fc.jsonValue(),
      temperature: fc.jsonValue(),
      stop: fc.jsonValue(),
      seed: fc.jsonValue(),
      response_format: fc.jsonValue(),
      ["__proto__"]: fc.jsonValue(),
    },
    { requiredKeys: [] },
  )
  .map((body) => JSON.stringify(body));
/** Duplicate members, and members with an escaped name. */
const doubled = fc
  .tuple(fc.constantFrom("model", "messages", "stream", "user", "max_tokens"), nearlyRight)
  .map(([name, body]) => body.replace("{", `{"${name}":null,"\\u0061${name}":1,"${name}":[],`));

/** Inputs for each surface in an ordinary run of the tests. */
const usualRuns = 1350;
const scale = Number(process.env["FUZZ_RUNS"] ?? usualRuns) / usualRuns;
const before = prototypes();
const turns = watchTurns();
afterAll(turns.stop);

describe.each(entries)("at %s,", (entry) => {
  const fixture = useFixture(options, entry);

  /** Runs an attack while a client on each surface is served, then checks the log. */
  async function besideOthers(attempt: () => Promise<void>): Promise<void> {
    const stops = surfaces.map(({ base, credentials }) =>
      startBystander(
        () =>
          call(`${fixture.relay.url}${base}/chat/completions`, {
            body: { model: "a/m1", messages },
            headers: credentials,
          }),
        "Hello from the provider.",
      ),
    );
    await attempt();
    for (const stop of stops) {
      expect(await stop()).toMatchObject({ wrong: [] });
    }
    const log = fixture.relay.log.join("\n");
    expect(secrets.filter((secret) => log.includes(secret))).toEqual([]);
    // An unforeseen error is logged as internal_error, with a stack.
    expect(log).not.toContain("internal_error");
  }

  const check = <T>(property: fc.IAsyncProperty<T>, numRuns = 100) =>
    besideOthers(() => fc.assert(property, { numRuns: Math.round(numRuns * scale) }));

  describe.each(surfaces)("$base", ({ base, credentials }) => {
    const endpoint = fc.constantFrom(`${base}/chat/completions`, `${base}/embeddings`);
    const ask = async (
      path: string,
      body: string | Buffer,
      headers: Record<string, string> = {},
    ) => {
      const answer = await call(fixture.relay.url + path, {
        body,
        headers: { ...headers, ...credentials },
      });
      return { status: answer.status, flaw: flawOf(answer, secrets) };
    };

    test("refuses arbitrary bytes as a body with 400", async () => {
      const bytes = fc
        .tuple(fc.constantFrom("", "{", '{"messages": PROMPT '), fc.uint8Array({ maxLength: 200 }))
        .map(([start, list]) => Buffer.concat([Buffer.from(start), list]));
      await check(
        fc.asyncProperty(endpoint, bytes, async (path, body) => {
          expect(await ask(path, body)).toEqual({ status: 400, flaw: undefined });
        }),
      );
    });

    test("answers arbitrary JSON bodies and headers cleanly", async () => {
      const json = fc.oneof(fc.json({ maxDepth: 5 }), nearlyRight, doubled);
      await check(
        fc.asyncProperty(endpoint, json, anyHeaders, async (path, body, headers) => {
          expect((await ask(path, body, headers)).flaw).toBeUndefined();
        }),
        500,
      );
    });

    test("answers arbitrary model names and header values with a valid body cleanly", async () => {
      await check(
        fc.asyncProperty(
          modelName,
          text,
          anyHeaders,
          fc.boolean(),
          async (model, user, headers, stream) => {
            const content = "PROMPT that nobody but the provider is told";
            const body = { model, user, stream, messages: [{ role: "user", content }] };
            const path = `${base}/chat/completions`;
            expect((await ask(path, JSON.stringify(body), headers)).flaw).toBeUndefined();
          },
        ),
        500,
      );
    });

    test("answers arbitrary paths below /models cleanly", async () => {
      const part = fc.oneof(
        fc.webSegment(),
        fc.constantFrom("", ".", "..", "%2e%2e", "%2F", "%00", "%zz", "models", "chat", "V1", ";x"),
      );
      const path = fc
        .array(part, { maxLength: 6 })
        .map((parts) => [`${base}/models`, ...parts].join("/"));
      await check(
        fc.asyncProperty(path, async (where) => {
          const answer = await call(fixture.relay.url + where, { headers: credentials });
          expect(flawOf(answer, secrets)).toBeUndefined();
        }),
      );
    });

    test("answers mutated raw requests cleanly and closes the connection", async () => {
      const fields = Object.entries(credentials).map(([name, value]) => `${name}: ${value}`);
      const body = JSON.stringify({ model: "a/m1", messages });
      const whole = post(`${base}/chat/completions`, body, ...fields, "connection: close");
      const chunked = Buffer.from(
        head(`POST ${base}/chat/completions HTTP/1.1`, "transfer-encoding: chunked", ...fields) +
          `10\r\n${body.slice(0, 16)}\r\n${(body.length - 16).toString(16)}\r\n${body.slice(16)}\r\n0\r\n\r\n`,
      );
      const change = fc.record({
        at: fc.nat(whole.length),
        drop: fc.nat(20),
        put: fc.oneof(
          fc.uint8Array({ maxLength: 5 }),
          fc.constantFrom("\r\n", "\n", "\0", "\r\n\r\n", ": ", "5\r\n").map((s) => Buffer.from(s)),
        ),
      });
      const port = Number(new URL(fixture.relay.url).port);
      await check(
        fc.asyncProperty(
          fc.constantFrom(whole, chunked),
          fc.array(change, { minLength: 1, maxLength: 4 }),
          async (original, changes) => {
            let bytes: Buffer = original;
            for (const { at, drop, put } of changes) {
              bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + drop)]);
            }
            const { answers, ended } = await exchange(port, [bytes], { silenceMs: 50 });
            expect(ended).toBe(true);
            for (const answer of answers) {
              expect(flawOf(answer, ["sk-provider-key"])).toBeUndefined();
            }
          },
        ),
        150,
      );
    });
  });

  test("the event loop was never blocked, and no changed prototype or extra socket is left", () => {
    if (scale > 1) {
      console.info(`longest turn ${Math.round(turns.longestMs)} ms`);
    }
    expect(turns.longestMs).toBeLessThan(200);
    expect(prototypes()).toEqual(before);
    // Only idle keep-alive connections are left.
    expect(fixture.provider.openSockets).toBeLessThan(8);
  });
});
