/**
 * All code that walks bytes chosen by a client or a provider takes linear time: ten times the input takes about ten times as
 * long, not a hundred times. Measured as the best CPU time of this thread, so a busy machine makes no difference.
 */
import type { IncomingMessage } from "node:http";
import { threadCpuUsage } from "node:process";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { createProxyRules } from "../../src/access/client-address.ts";
import { createAssistantText } from "../../src/agent/assistant-text.ts";
import { createAnswerWriter } from "../../src/protocols/openai-chat/answer-writer.ts";
import { readConversation } from "../../src/protocols/openai-chat/agent-turn/conversation.ts";
import { readTurn } from "../../src/protocols/openai-chat/agent-turn/read-turn.ts";
import { parseRecord } from "../../src/text/json.ts";
import { assertOneModel } from "../../src/protocols/openai-chat/model-selectors.ts";
import { openAiChat } from "../../src/protocols/openai-chat/protocol.ts";
import { parseChatBody, parseEmbeddingsBody } from "../../src/protocols/openai-chat/request.ts";
import { readBody } from "../../src/http/body.ts";
import { createGlob } from "../../src/access/glob.ts";
import {
  createStreamRecorder,
  messageOf,
} from "../../src/protocols/openai-chat/answer-recorder.ts";
import { withinBytes } from "../../src/sessions/history.ts";
import { sessionKey } from "../../src/sessions/session-key.ts";
import { createToolCallOrder } from "../../src/protocols/openai-chat/contiguous-tool-calls.ts";
import type { EventTransform } from "../../src/answer/event-transform.ts";
import { createEventReader } from "../../src/text/event-reader.ts";
import { createStreamObserver } from "../../src/protocols/openai-chat/stream-observer.ts";
import { createUsageFilter } from "../../src/protocols/openai-chat/usage-filter.ts";
import {
  createBodyUsage,
  createStreamUsage,
} from "../../src/protocols/openai-chat/usage-counter.ts";
import { failureOf, withRealStatus } from "../../src/upstream/classify.ts";
import { responseHeaders } from "../../src/http/client-connection.ts";
import { retryAfterMs } from "../../src/upstream/retry-after.ts";
import { createSecretFilter } from "../../src/upstream/secrets.ts";
import { changed, eventsOf, saying } from "../support/sse.ts";

/** Creates an input of a size and the operation to measure. */
interface Case {
  readonly what: string;
  /** The size of the smaller input; the larger one must take some milliseconds. */
  readonly size: number;
  readonly prepare: (size: number) => () => unknown;
}

const repeat = (size: number, part: string | ((at: number) => string)) =>
  Array.from({ length: size }, (_, at) => (typeof part === "string" ? part : part(at))).join("");
const list = <T>(size: number, make: (at: number) => T) =>
  Array.from({ length: size }, (_, at) => make(at));
const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const chunk = (delta: object, index = 0) => ({ choices: [{ index, delta }] });
const calls = (indexes: readonly number[]) => ({
  tool_calls: indexes.map((index) => ({ index, function: { arguments: "x" } })),
});

/** Sends a text through a stream transform. */
const through = (create: () => EventTransform, text: string) => {
  const bytes = Buffer.from(text);
  return () => changed(create(), [bytes]);
};
const bytewise = (text: string) => Array.from(Buffer.from(text), (byte) => Buffer.from([byte]));
const read = (pieces: readonly Buffer[]) => () => {
  const reader = createEventReader();
  return pieces.map((piece) => reader.push(piece).map(({ json, bytes }) => [json, bytes]));
};

const ofClients: Case[] = [
  {
    what: "an `x-forwarded-for` with many hops",
    size: 10_000,
    prepare: (size) => {
      const rules = createProxyRules({ trustedProxies: ["10.0.0.0/8"], allowRealIpFallback: true });
      const headers = {
        "x-forwarded-for": `${repeat(size, "10.0.0.2,")}${repeat(size, " ,")}${":".repeat(size)}`,
        "x-real-ip": "[".repeat(size),
      };
      return () => rules.clientAddress({ headers, remoteAddress: "10.0.0.1" });
    },
  },
  {
    what: "a body with many members",
    size: 10_000,
    prepare: (size) => {
      const body = Buffer.from(`{"messages":[]${repeat(size, (at) => `,"k${at}":1`)}}`);
      return () => parseChatBody(body).withModel("m");
    },
  },
  {
    what: "a body with many quotes",
    size: 200_000,
    prepare: (size) => {
      const body = Buffer.from(`{"messages":["${repeat(size, '\\"')}"]}`);
      return () => parseChatBody(body).withModel("m");
    },
  },
  {
    what: "a body with many backslashes",
    size: 500_000,
    prepare: (size) => {
      const body = Buffer.from(`{"messages":["${repeat(size, "\\\\")}"]}`);
      return () => parseChatBody(body).withModel("m");
    },
  },
  {
    what: "a body with much white space",
    size: 500_000,
    prepare: (size) => {
      const body = Buffer.from(`{"messages":${" ".repeat(size)}[]${"\n".repeat(size)}}`);
      return () => parseChatBody(body).withModel("m");
    },
  },
  {
    what: "a body with many lists",
    size: 15_000,
    prepare: (size) => {
      const body = Buffer.from(`{"input":[${repeat(size, "[],")}0]}`);
      return () => parseEmbeddingsBody(body).withModel("m");
    },
  },
  {
    what: "a body with many `messages` members, in light mode",
    size: 5000,
    prepare: (size) => {
      const body = parseChatBody(Buffer.from(`{${repeat(size, '"messages":[{}],')}"x":1}`));
      const front = list(100, () => JSON.stringify({ content: "x".repeat(size / 100) }));
      return () => body.withMessagesInFront(front, new Set(["x"])).withStreamUsage();
    },
  },
  {
    what: "a body that arrives byte by byte",
    size: 20_000,
    prepare: (size) => {
      const pieces = bytewise("x".repeat(size));
      return () =>
        readBody(
          Object.assign(Readable.from(pieces), { headers: {} }) as unknown as IncomingMessage,
          1e9,
        );
    },
  },
  {
    what: "members other than `model`",
    size: 3000,
    prepare: (size) => {
      const body = Object.fromEntries(list(size, (at) => [`k_${at}`, 1]));
      return () => assertOneModel(body);
    },
  },
  {
    what: "an overlong history",
    size: 3000,
    prepare: (size) => {
      const messages = list(size, (at) => ({
        role: at % 2 === 0 ? "user" : "assistant",
        json: "x",
      }));
      return () => withinBytes(messages, 10);
    },
  },
  {
    what: "an agent's conversation",
    size: 5000,
    prepare: (size) => {
      const part = { type: "text", text: "x" };
      const call = { id: "c", function: { name: "f", arguments: "{}" } };
      const messages = list(size, (at) =>
        at % 2 === 0
          ? { role: "user", content: [part, part] }
          : { role: "assistant", content: "x", tool_calls: [call] },
      );
      return () => readConversation(messages);
    },
  },
  {
    what: "one message of an agent's conversation",
    size: 10_000,
    prepare: (size) => {
      const content = list(size, () => ({ type: "text", text: "x" }));
      const tool_calls = list(size, () => ({ id: "c", function: { name: "f", arguments: "{}" } }));
      const messages = [
        { role: "assistant", content, tool_calls },
        { role: "user", content },
      ];
      return () => readConversation(messages);
    },
  },
  {
    what: "an agent's tools",
    size: 10_000,
    prepare: (size) => {
      const tools = list(size, (at) => ({ type: "function", function: { name: `f${at}` } }));
      const turn = {
        messages: [],
        tools,
        tool_choice: { type: "function", function: { name: "f0" } },
      };
      return () => readTurn(turn);
    },
  },
  {
    what: "a user's name",
    size: 200_000,
    prepare: (size) => {
      const body = { user: ` ${"x".repeat(size)} ` };
      return () =>
        sessionKey({ agentId: "a", headers: {}, body, bodyPaths: ["user.id"], owner: undefined });
    },
  },
  {
    what: "a model name against a pattern of stars",
    size: 1000,
    prepare: (size) => {
      const matches = createGlob("*a*a*a*a*a*a*a*a*a*a*b");
      const name = "a".repeat(size);
      return () => list(20, () => matches(name));
    },
  },
];

const ofProviders: Case[] = [
  {
    what: "an event that arrives byte by byte",
    size: 20_000,
    prepare: (size) => read(bytewise(event({ a: "x".repeat(size) }))),
  },
  {
    what: "many events in one piece",
    size: 5000,
    prepare: (size) => read([Buffer.from(event({ a: 1 }).repeat(size))]),
  },
  {
    what: "an event with many lines",
    size: 50_000,
    prepare: (size) => read([Buffer.from(`${"data: 1\n".repeat(size)}\n`)]),
  },
  {
    what: "an event with many lines that end with CR",
    size: 30_000,
    prepare: (size) => read([Buffer.from(`${"data: 1\r".repeat(size)}\r`)]),
  },
  {
    what: "blank lines",
    size: 10_000,
    prepare: (size) => read([Buffer.from("\n\r\r\n".repeat(size))]),
  },
  {
    what: "a very long line",
    size: 1000,
    prepare: (size) => read(list(size, () => Buffer.alloc(1000, "x"))),
  },
  {
    what: "JSON with many parts",
    size: 9000,
    prepare: (size) => {
      const text = `{"a":[${repeat(size, (at) => `{"k${at}":1},`)}0]}`;
      return () => parseRecord(text);
    },
  },
  {
    what: "JSON with many levels",
    size: 30_000,
    prepare: (size) => {
      const text = `{"a":${"[".repeat(size)}${"]".repeat(size)}}`;
      return () => parseRecord(text);
    },
  },
  {
    what: "the choices of an event",
    size: 3000,
    prepare: (size) => {
      const [each] = eventsOf(
        event({ choices: list(size, (index) => ({ index, delta: { content: "x" } })) }),
      );
      return () => each && createStreamObserver().push(each);
    },
  },
  {
    what: "the fields of a delta",
    size: 20_000,
    prepare: (size) => {
      const [each] = eventsOf(event(chunk(Object.fromEntries(list(size, (at) => [`k${at}`, ""])))));
      return () => each && createStreamObserver().push(each);
    },
  },
  {
    what: "tool calls in one event",
    size: 2000,
    prepare: (size) =>
      through(createToolCallOrder, event(chunk(calls(list(size, (at) => at % 1000))))),
  },
  {
    what: "tool calls of many choices in one event",
    size: 100,
    prepare: (size) =>
      through(
        createToolCallOrder,
        event({ choices: list(size, (index) => ({ index, delta: calls([0, 1, 2]) })) }),
      ),
  },
  {
    what: "interleaved tool calls",
    size: 200,
    prepare: (size) =>
      through(
        createToolCallOrder,
        repeat(size, (at) => event(chunk(calls([at % 1000])))),
      ),
  },
  {
    what: "several interleaved tool calls",
    size: 60,
    prepare: (size) =>
      through(
        createToolCallOrder,
        repeat(size, () => event(chunk(calls([0, 1, 2, 3])))),
      ),
  },
  {
    what: "usage to be removed",
    size: 3000,
    prepare: (size) =>
      through(createUsageFilter, event({ choices: [], usage: { prompt_tokens: 1 } }).repeat(size)),
  },
  {
    what: "usage at the end of a stream in small pieces",
    size: 30_000,
    prepare: (size) => {
      const pieces = bytewise("data: {}\n\n".repeat(size / 10));
      return () => {
        const counter = createStreamUsage();
        const reader = createEventReader();
        pieces.forEach((piece) => counter.push(piece, reader.push(piece)));
        return counter.usage();
      };
    },
  },
  {
    what: "usage in JSON in small pieces",
    size: 30_000,
    prepare: (size) => {
      const pieces = bytewise(`{"a":"${"x".repeat(size)}","usage":{}}`);
      return () => {
        const counter = createBodyUsage();
        pieces.forEach((piece) => counter.push(piece, []));
        return counter.usage();
      };
    },
  },
  {
    what: "a recorded message",
    size: 5000,
    prepare: (size) => {
      const events = saying(list(size, (at) => chunk({ content: "x", ...calls([at % 1024]) })));
      return () => {
        const recorder = createStreamRecorder();
        recorder.push(Buffer.alloc(0), events);
        return recorder.message();
      };
    },
  },
  {
    what: "recorded tool calls in one chunk",
    size: 20_000,
    prepare: (size) => {
      const events = saying([chunk(calls(list(size, (at) => at)))]);
      return () => {
        const recorder = createStreamRecorder();
        recorder.push(Buffer.alloc(0), events);
        return recorder.message();
      };
    },
  },
  {
    what: "a recorded completion",
    size: 5000,
    prepare: (size) => {
      const text = JSON.stringify({ choices: list(size, () => ({ message: { content: "x" } })) });
      return () => messageOf(text);
    },
  },
  {
    what: "an error body",
    size: 200_000,
    prepare: (size) => {
      const bytes = Buffer.from(
        `${" ".repeat(size)}{"error":{"message":"${"x".repeat(size)}"}}${"\n".repeat(size)}`,
      );
      const answer = { status: 200, headers: {}, bytes };
      return () =>
        failureOf(withRealStatus(answer, openAiChat), {
          provider: "p",
          protocol: openAiChat,
          secrets: ["sk-secret"],
          nowMs: 0,
        });
    },
  },
  {
    what: "an answer searched for secrets, in small pieces",
    size: 5000,
    prepare: (size) => {
      const secrets = { texts: [], telling: [], needles: [Buffer.from(`${"a".repeat(100)}b`)] };
      const pieces = bytewise("a".repeat(size));
      return () => {
        const filter = createSecretFilter(secrets);
        return pieces.map(filter.push);
      };
    },
  },
  {
    what: "an answer searched for secrets",
    size: 200_000,
    prepare: (size) => {
      const secrets = { texts: [], telling: [], needles: [Buffer.from(`${"a".repeat(100)}b`)] };
      const bytes = Buffer.from("a".repeat(size));
      return () => createSecretFilter(secrets).push(bytes);
    },
  },
  {
    what: "a Retry-After",
    size: 20_000,
    prepare: (size) => {
      const headers = list(4, (at) => ({
        "retry-after": [
          "1".repeat(size),
          `Mon${" ".repeat(size)}`,
          "a,".repeat(size),
          "(".repeat(size),
        ][at],
      }));
      return () => headers.map((each) => retryAfterMs(each, 0));
    },
  },
  {
    what: "headers",
    size: 5000,
    prepare: (size) => {
      const headers = Object.fromEntries(list(size, (at) => [`x-ratelimit-${at}`, ["1", "2"]]));
      return () => responseHeaders(headers);
    },
  },
  {
    what: "an agent's text",
    size: 3000,
    prepare: (size) => () => {
      const text = createAssistantText(false);
      return list(size, () => text.push({ delta: "word ", replace: false, replaceable: false }));
    },
  },
  {
    what: "an agent's text in one message",
    size: 3000,
    prepare: (size) => () => {
      const text = createAssistantText(false);
      return list(size, () =>
        text.push({ itemId: "i", delta: "word ", replace: false, replaceable: false }),
      );
    },
  },
  {
    what: "the arguments of an agent's tool call",
    size: 200_000,
    prepare: (size) => {
      const call = { id: "c", name: "f", arguments: "x".repeat(size) };
      return () => createAnswerWriter({ id: "i", created: 0, model: "m" }).toolCalls([call]);
    },
  },
];

/** The highest factor for ten times the input; quadratic code takes a hundred times as long. */
const mostTimes = 30;
/** Shorter times cannot be measured. */
const leastMs = 0.05;
const leastMeasuredMs = 30;
const mostRounds = 8;

/** The CPU time of one run, in milliseconds. The system clock has steps of some milliseconds, so short runs are repeated. */
async function cpuMs(run: () => unknown): Promise<number> {
  const before = threadCpuUsage();
  const startMs = performance.now();
  let runs = 0;
  do {
    await run();
    runs += 1;
  } while (performance.now() - startMs < leastMeasuredMs);
  const { user, system } = threadCpuUsage(before);
  return (user + system) / 1000 / runs;
}

describe.each([
  ["a client", ofClients],
  ["a provider", ofProviders],
])("what %s sends", (_who, cases) => {
  test.each(cases)(
    "$what: ten times the input takes about ten times as long",
    async ({ size, prepare }) => {
      const small = prepare(size);
      const large = prepare(10 * size);
      // Warm up: the first run is slow.
      await cpuMs(small);
      let smallMs = Infinity;
      let largeMs = Infinity;
      for (let round = 0; round < mostRounds; round += 1) {
        smallMs = Math.min(smallMs, await cpuMs(small));
        largeMs = Math.min(largeMs, await cpuMs(large));
        if (largeMs / Math.max(smallMs, leastMs) < mostTimes) {
          break;
        }
      }
      expect(largeMs / Math.max(smallMs, leastMs)).toBeLessThan(mostTimes);
    },
  );
});
