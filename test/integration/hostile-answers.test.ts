/** Hostile provider answers: the client gets the answer or an error, and the gateway is unharmed. */
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import { call } from "../support/client.ts";
import { chunk, drained, event, json, ordinaryEvents, raw, stream } from "../support/provider.ts";
import { prototypes } from "../support/prototypes.ts";
import { messages, useFixture } from "./fixture.ts";

const key = createKeyText();
const fixture = useFixture({
  config: {
    upstream: { retries: 0, breaker: { failures: 1000 } },
    light: { keepAliveMs: 0 },
    keys: {
      k: {
        id: "k",
        sha256: keyDigest(key).toString("hex"),
        budgetUsdPerDay: 1,
        models: ["a/*"],
        modes: ["passthrough"],
      },
    },
  },
});
const light = { "x-openclaw-light-context": "true" };
const ask = (more: object = {}, headers: Record<string, string> = {}) =>
  call(fixture.chat, { body: { messages, stream: true, ...more }, headers });

const before = prototypes();
afterEach(() => {
  if (prototypes().length !== before.length) {
    throw new Error("a prototype has changed");
  }
});

const toolDelta = (index: unknown, text: string, more: object = {}) =>
  chunk({ tool_calls: [{ index, function: { arguments: text } }], ...more });
const finish = [event(chunk({}, "tool_calls")), event("[DONE]")];
/** An event with two data lines. */
const onTwoLines = (value: object) =>
  `data: ${JSON.stringify(value).replace(",", ",\ndata: ")}\n\n`;

describe("unusual but valid events", () => {
  test.each<[string, string, string]>([
    ["U+2028 in the text", event(toolDelta(1, "b\u20281")), event(toolDelta(1, "b2"))],
    ["U+2029 in the text", event(toolDelta(1, "b\u20291")), event(toolDelta(1, "b2"))],
    ["several data lines", onTwoLines(toolDelta(1, "b1")), onTwoLines(toolDelta(1, "b2"))],
  ])("with %s: the deltas of each tool call still arrive together", async (_what, b1, b2) => {
    const [a1, a2] = [event(toolDelta(0, "a1")), event(toolDelta(0, "a2"))];
    fixture.provider.behave("m1", stream({ pieces: [a1, b1, a2, b2, ...finish] }));
    expect((await ask({}, light)).body.toString()).toBe([a1, a2, b1, b2, ...finish].join(""));
  });

  test("a usage event that the client did not request is removed, however it is encoded", async () => {
    const usage = { prompt_tokens: 1, completion_tokens: 1 };
    const counts = { ...chunk({}), choices: [], usage };
    for (const written of [
      event({ ...counts, note: "\u2028" }),
      event({ note: "\u2029", ...counts }),
      onTwoLines(counts),
    ]) {
      const pieces = ordinaryEvents().toSpliced(-1, 0, written);
      fixture.provider.behave("m1", stream({ pieces }));
      const answer = await call(`${fixture.relay.url}/passthrough/v1/chat/completions`, {
        body: { messages, stream: true, model: "a/m1" },
        headers: { authorization: `Bearer ${key}` },
      });
      expect(answer.body.toString()).toBe(ordinaryEvents().join(""));
    }
  });
});

describe("tool calls in a light session", () => {
  let session: Record<string, string> = {};
  let count = 0;
  beforeEach(() => {
    count += 1;
    session = { ...light, "x-openclaw-session": `s${count}` };
  });

  test.each<[string, unknown]>([
    ["the name of a prototype", "__proto__"],
    ["another inherited name", "constructor"],
    ["the name of a method", "push"],
    ["too large", 4_294_967_294],
    ["negative", -1],
    ["not an integer", 0.5],
    ["an object", { index: 1 }],
  ])("with an index that is %s are forwarded in order, but not stored", async (_what, index) => {
    const pieces = [
      event(toolDelta(0, "{}")),
      event(toolDelta(index, "x")),
      event(toolDelta(1, "b1")),
      event(toolDelta(0, "")),
      ...finish,
    ];
    fixture.provider.behave("m1", stream({ pieces }));
    const answer = await ask({}, session);
    expect([answer.complete, answer.body.toString()]).toEqual([true, pieces.join("")]);
    expect(prototypes()).toEqual(before);
    await ask({}, session);
    const [, again] = fixture.provider.requests;
    const noted = JSON.parse(again?.body.toString() ?? "").messages[1];
    expect(noted.tool_calls.map((made: { function: object }) => made.function)).toEqual([
      { name: "", arguments: "{}" },
      { name: "", arguments: "b1" },
    ]);
  });

  test.each<[string, object]>([
    ["tool calls that are a string", { tool_calls: "none" }],
    ["tool calls that are an object", { tool_calls: { length: 1e9 } }],
    ["a call that is null", { tool_calls: [null] }],
    ["a name that is not a string", { tool_calls: [{ function: { name: { toString: 1 } } }] }],
    ["a content that is not a string", { content: { toString: null }, tool_calls: [{ id: [] }] }],
  ])("with %s are forwarded, compressed or not", async (_what, delta) => {
    const text = [event(chunk(delta)), event(chunk({ content: "x" })), ...finish].join("");
    const headers = { "content-type": "text/event-stream" };
    for (const answered of [
      raw(text, 200, headers),
      raw(gzipSync(text), 200, { ...headers, "content-encoding": "gzip" }),
    ]) {
      fixture.provider.behave("m1", answered);
      const answer = await ask({}, session);
      expect([answer.complete, answer.body.toString()]).toEqual([true, text]);
    }
    fixture.provider.behave("m1", json({ choices: [{ message: null }, { message: delta }] }));
    expect((await ask({ stream: false }, session)).status).toBe(200);
    expect(fixture.relay.log.join()).not.toContain("internal_error");
  });
});

test("buffering deltas of later tool calls is bounded: beyond it, the stream ends with an error event", async () => {
  const text = "x".repeat(10_000);
  const first = event(toolDelta(0, "a1"));
  fixture.provider.behave("m1", async ({ response }) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(first);
    // It never finishes: the relay has to end it.
    while (!response.destroyed) {
      if (!response.write(event(toolDelta(1, text)))) {
        await drained(response);
      }
    }
  });
  const answer = await ask({}, light);
  expect(answer.body.toString()).toMatch(
    /^data: .*"a1".*\n\ndata: \{"error":\{.*"upstream_cut"\}\}\n\n$/,
  );
  expect(answer.body.toString()).toContain("parallel_tool_calls");
  expect(fixture.provider.requests).toHaveLength(1);
});

test.each(["constructor", "__proto__", "toString", "gzip, br"])(
  "an answer with content-encoding %s is unreadable, and the next target serves",
  async (encoding) => {
    fixture.provider.behave("m1", json({ id: "x" }, 200, { "content-encoding": encoding }));
    const answer = await ask({ stream: false });
    expect([answer.status, answer.headers["x-openclaw-model"]]).toEqual([200, "m2"]);
  },
);

test("an error whose code is the name of an inherited member becomes a 502", async () => {
  for (const code of ["constructor", "__proto__", "valueOf"]) {
    fixture.provider.behave("m1", json({ error: { code, type: code, status: code } }));
    fixture.provider.behave("m2", json({ error: { code, type: code, status: code } }));
    expect((await ask({ stream: false })).status).toBe(502);
  }
});
