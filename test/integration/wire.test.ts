/** Wire formats that broke other gateways. Each passes through unchanged. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { call } from "../support/client.ts";
import {
  type Behaviour,
  chunk,
  event,
  json,
  ordinaryEvents,
  raw,
  reset,
  stream,
} from "../support/provider.ts";
import { fakeHost, startRelayServer } from "../support/relay-server.ts";
import { messages, useFixture } from "./fixture.ts";

const fixture = useFixture({ config: { upstream: { breaker: { failures: 1000 } } } });
const ask = (more: Record<string, unknown> = {}) =>
  call(fixture.chat, { body: { messages, stream: true, ...more } });

const toolCall = (index: number, more: object) => chunk({ tool_calls: [{ index, ...more }] });
const finish = [event(chunk({}, "tool_calls")), event("[DONE]")];
const named = (id: string) => ({ id, type: "function", function: { name: "add", arguments: "" } });

describe("a stream passes through unchanged", () => {
  test.each<[string, string[]]>([
    [
      "a whole tool call in one delta",
      [
        event(
          toolCall(0, {
            id: "c1",
            type: "function",
            function: { name: "add", arguments: '{"a":1}' },
          }),
        ),
        ...finish,
      ],
    ],
    [
      "argument fragments that carry only their index",
      [
        event(toolCall(0, named("c1"))),
        event(toolCall(0, { function: { arguments: '{"a"' } })),
        event(toolCall(0, { function: { arguments: ":1}" } })),
        ...finish,
      ],
    ],
    [
      "parallel tool calls, interleaved",
      [
        event(toolCall(0, named("c1"))),
        event(toolCall(1, named("c2"))),
        event(toolCall(0, { function: { arguments: "{}" } })),
        event(toolCall(1, { function: { arguments: "{}" } })),
        ...finish,
      ],
    ],
    [
      "empty tool calls next to text",
      [event(chunk({ content: "hi", tool_calls: [] })), event(chunk({}, "stop")), event("[DONE]")],
    ],
    [
      "a usage chunk without choices, after the finish",
      [
        ...ordinaryEvents().slice(0, -1),
        event({
          ...chunk({}),
          choices: [],
          usage: { prompt_tokens: 1, prompt_tokens_details: { cached_tokens: 1 } },
        }),
        event("[DONE]"),
      ],
    ],
    [
      "reasoning, logprobs, several choices and unknown fields",
      [
        event({
          ...chunk({ reasoning_content: "hm", content: null }),
          service_tier: "flex",
          system_fingerprint: "fp_1",
          x_unknown: { deep: [1.0, null] },
        }),
        event({
          choices: [
            { index: 0, delta: { content: "a" }, logprobs: { content: [] }, finish_reason: null },
            { index: 1, delta: { content: "b" }, logprobs: null, finish_reason: null },
          ],
        }),
        event({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }),
        event({ choices: [{ index: 1, delta: {}, finish_reason: "length" }] }),
        event("[DONE]"),
      ],
    ],
    [
      "CRLF, data without a space, comments before and between",
      [
        ": before\r\n\r\n",
        ...ordinaryEvents().map((each) => each.replace("data: ", "data:").replaceAll("\n", "\r\n")),
        ": behind\r\n\r\n",
      ],
    ],
  ])("%s", async (_what, pieces) => {
    const text = pieces.join("");
    for (const packets of [pieces, [text], Array.from(text)]) {
      fixture.provider.behave("m1", stream({ pieces: packets }));
      const answer = await ask();
      expect(answer.body.toString()).toBe(text);
      expect(answer.complete).toBe(true);
    }
  });

  test("without a usage chunk if none was sent", async () => {
    const answer = await ask();
    expect(answer.body.toString()).toBe(ordinaryEvents().join(""));
  });

  test("with UTF-8 cut at every byte", async () => {
    const text = Buffer.from([event(chunk({ content: "€😀ü" })), ...ordinaryEvents()].join(""));
    const pieces = Array.from(text, (_, at) => text.subarray(at, at + 1));
    fixture.provider.behave("m1", stream({ pieces }));
    expect((await ask()).body.equals(text)).toBe(true);
  });

  test("with arbitrary lines, cut into arbitrary packets", async () => {
    const line = fc.oneof(
      fc.constantFrom(": ping", "data:", "event: x", "retry: 5", "data: {nope", "data: €😀", "id"),
      fc.json().map((text) => `data: ${text}`),
      fc.string().map((content) => `data: ${JSON.stringify(chunk({ content }))}`),
    );
    const endOfLine = fc.constantFrom("\n", "\r\n", "\n\n", "\r\n\r\n");
    const events = fc.array(
      fc.tuple(line, endOfLine).map((pair) => pair.join("")),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(events, fc.array(fc.nat(), { maxLength: 12 }), async (lines, cuts) => {
        const text = Buffer.from([...lines, "\n\n", ...ordinaryEvents()].join(""));
        const at = [
          0,
          ...cuts.map((cut) => cut % text.length).toSorted((a, b) => a - b),
          text.length,
        ];
        const pieces = at.slice(1).map((end, index) => text.subarray(at[index], end));
        // An error event would end the stream early; this test is only about unchanged bytes.
        fc.pre(!lines.some((each) => each.includes('"error"')));
        fixture.provider.behave("m1", stream({ pieces }));
        expect((await ask()).body.toString("latin1")).toBe(text.toString("latin1"));
      }),
      { numRuns: 60 },
    );
  });
});

describe("a request and its answer pass through unchanged", () => {
  test("with unknown fields and nulls", async () => {
    const fields = {
      model: "openclaw",
      messages,
      n: 2,
      logprobs: true,
      top_logprobs: 3,
      temperature: null,
      stop: null,
      response_format: { type: "json_schema", json_schema: { name: "x", schema: {} } },
      chat_template_kwargs: { enable_thinking: false },
      guided_json: {},
      reasoning: { effort: "low" },
      service_tier: "flex",
      prompt_cache_key: "k",
      provider: { order: ["a"] },
      x_unknown: [null],
    };
    const answer = {
      id: "x",
      choices: [
        {
          index: 0,
          message: { content: null, reasoning_content: "hm", tool_calls: [] },
          logprobs: null,
        },
        { index: 1, message: { content: "b" }, finish_reason: "length" },
      ],
      usage: { prompt_tokens_details: { cached_tokens: 3 } },
      service_tier: "flex",
      system_fingerprint: null,
      x_unknown: 1e3,
    };
    fixture.provider.behave("m1", json(answer));
    const { body } = await call(fixture.chat, { body: fields });
    expect(fixture.provider.requests[0]?.json).toEqual({ ...fields, model: "m1" });
    expect(body.toString()).toBe(JSON.stringify(answer));
  });

  test.each([[17], ["17"], [null], ["invalid_schema"]])(
    "an error with the code %j is not rewritten",
    async (code) => {
      const text = JSON.stringify({ error: { message: "m", type: "t", param: null, code } });
      fixture.provider.behave("m1", raw(text, 422, { "content-type": "application/json" }));
      const answer = await ask({ stream: false });
      expect([answer.status, answer.body.toString()]).toEqual([422, text]);
    },
  );
});

test("attempts stay within their limit and no output is sent twice, whatever the outcomes", async () => {
  const outcomes: Record<string, Behaviour> = {
    reset,
    busy: json({ error: {} }, 503),
    limited: json({ error: {} }, 429, { "retry-after-ms": "1" }),
    late: json({ error: {} }, 429, { "retry-after": "100" }),
    page: raw("<html>", 200, { "content-type": "text/html" }),
    preamble: stream({ pieces: ordinaryEvents().slice(0, 1) }),
    cut: stream({ pieces: ordinaryEvents().slice(0, 3), ending: "cut" }),
    refused: json({ error: { message: "no" } }, 400),
    good: stream(),
  };
  const config = { upstream: { retries: 2, breaker: { failures: 1000 } } };
  const baseUrl = fixture.provider.baseUrl;
  const server = await startRelayServer(
    fakeHost({ models: ["a/m1", "b/m2"], providers: { a: baseUrl, b: baseUrl }, config }),
  );
  const outcome = fc.constantFrom(...Object.keys(outcomes));
  await fc.assert(
    fc.asyncProperty(fc.array(outcome, { minLength: 6, maxLength: 6 }), async (names) => {
      fixture.provider.reset();
      let next = 0;
      const play: Behaviour = (exchange) => outcomes[names[next++] ?? "good"]?.(exchange);
      fixture.provider.behave("m1", play);
      fixture.provider.behave("m2", play);
      const answer = await call(`${server.url}/v1/chat/completions`, {
        body: { messages, stream: true },
      });
      expect(fixture.provider.requests.length).toBeLessThanOrEqual(6);
      expect(answer.headers["x-openclaw-attempts"]).toBe(String(fixture.provider.requests.length));
      const text = answer.body.toString();
      expect(text.split('"Hello"').length - 1).toBeLessThanOrEqual(1);
      // The attempt that produced output is the last one.
      const last = names[fixture.provider.requests.length - 1];
      expect(text.includes('"Hello"')).toBe(last === "good" || last === "cut");
      expect(text.includes("[DONE]")).toBe(last === "good");
    }),
    { numRuns: 60 },
  );
  await server.close();
});
