/**
 * What a translated answer costs, next to a relayed one with the same words. In one process, from the client's body to the client's
 * bytes, without sockets, which would cost the same for both.
 */
import { setImmediate as turn } from "node:timers/promises";
import type { Dispatcher } from "undici";
import type { AnswerPipe } from "../src/answer/answer-sink.ts";

import { upstreamPolicy } from "../src/config/policy.ts";
import { resolveConfig } from "../src/config/resolve.ts";
import { openAiChat } from "../src/protocols/openai-chat/protocol.ts";
import { parseChatBody } from "../src/protocols/openai-chat/request.ts";
import { wires } from "../src/protocols/wires.ts";
import type { Route } from "../src/routing/route.ts";
import { attempt } from "../src/upstream/attempt.ts";
import { createOpaqueStates } from "../src/upstream/opaque-state.ts";
import { createOutbound } from "../src/upstream/outbound.ts";
import { secretsOf } from "../src/upstream/secrets.ts";
import { speechOf } from "../src/upstream/speech.ts";
import { median } from "./median.ts";
import { table } from "./table.ts";
import { streamOf } from "./wire-streams.ts";

interface TranslatedExtent {
  readonly words: number;
  readonly answers: number;
  readonly rounds: number;
}

/** A wire that reads answers as another one does costs the same. */
const readers = new Map(wires.toReversed().map(({ read, apis: [api = ""] }) => [read, api]));
const apis = [openAiChat.api, ...[...readers.values()].toReversed()];
/** How the events arrive: each by itself, as models write them, or as many as undici reads at once. */
const arrivals = ["one by one", "64 KB at a time"] as const;
const readBytes = 64 * 1024;
const key = "sk-bench-0123456789abcdef";

/** Prints a table: a row for each API of a provider. The APIs take turns in each round, so that all see the same machine. */
export async function measureTranslation(extent: TranslatedExtent): Promise<string> {
  const tables: string[] = [];
  for (const arrival of arrivals) {
    const measured = new Map(
      apis.map((api) => [api, { eventUs: [] as number[], firstMs: [] as number[] }]),
    );
    for (let round = -2; round < extent.rounds; round += 1) {
      for (const [api, values] of measured) {
        const pieces = piecesOf(streamOf(api, extent.words), arrival);
        const { eventUs, firstMs } = await measureRound(api, pieces, extent);
        if (round >= 0) {
          values.eventUs.push(eventUs);
          values.firstMs.push(firstMs);
        }
      }
    }
    tables.push(`Events arrive ${arrival}:\n\n${comparison(measured)}`);
  }
  return tables.join("\n\n");
}

function comparison(
  measured: ReadonlyMap<string, { readonly eventUs: number[]; readonly firstMs: number[] }>,
): string {
  const relayed = measured.get(openAiChat.api) ?? { eventUs: [], firstMs: [] };
  const rows = [...measured].map(([api, { eventUs, firstMs }]) => [
    api,
    median(eventUs).toFixed(2),
    median(eventUs.map((value, at) => value / (relayed.eventUs[at] ?? Number.NaN))).toFixed(2),
    (median(firstMs) - median(relayed.firstMs)).toFixed(3),
  ]);
  return table(["Provider's API", "CPU us/event", "Ratio", "First word, ms added"], rows);
}

function piecesOf(
  events: readonly string[],
  arrival: (typeof arrivals)[number],
): readonly Buffer[] {
  if (arrival === "one by one") {
    return events.map((event) => Buffer.from(event));
  }
  const all = Buffer.from(events.join(""));
  return Array.from({ length: Math.ceil(all.length / readBytes) }, (_, at) =>
    all.subarray(at * readBytes, (at + 1) * readBytes),
  );
}

async function measureRound(
  api: string,
  pieces: readonly Buffer[],
  { words, answers }: TranslatedExtent,
) {
  const firsts: number[] = [];
  const before = process.cpuUsage();
  for (let at = 0; at < answers; at += 1) {
    firsts.push(await answerOnce(api, pieces));
  }
  const { user, system } = process.cpuUsage(before);
  return { eventUs: (user + system) / answers / words, firstMs: median(firsts) };
}

const policy = upstreamPolicy(resolveConfig({}), "bench", "main");
const states = createOpaqueStates();
const question = Buffer.from(
  JSON.stringify({
    model: "bench/m",
    stream: true,
    max_tokens: 1000,
    temperature: 0.5,
    messages: [
      { role: "system", content: "You are a counting machine. ".repeat(20) },
      { role: "user", content: "Count to a thousand." },
    ],
  }),
);

/** @returns milliseconds from the client's body to the first word. */
async function answerOnce(api: string, pieces: readonly Buffer[]): Promise<number> {
  const route: Route = {
    agentId: "main",
    provider: "bench",
    modelId: "m",
    api,
    baseUrl: "http://127.0.0.1:1",
    contextWindow: undefined,
    cost: undefined,
    headers: {},
    sendsKey: true,
    transport: { tls: undefined, proxy: { kind: "environment", tls: undefined } },
  };
  const startedAtMs = performance.now();
  let firstAtMs = 0;
  const provider = {
    dispatch: (_options: unknown, handler: Dispatcher.DispatchHandler) =>
      void play(handler, pieces),
  };
  const outbound = createOutbound(
    {
      dispatchers: { for: () => provider as unknown as Dispatcher, size: 1, close: async () => {} },
      states,
      runtime: { callModel: () => Promise.reject(new Error("not the host's")) },
    },
    {
      route,
      policy,
      speech: speechOf({ route, client: openAiChat, policy, key }),
      protocol: openAiChat,
      clientHeaders: {},
      body: parseChatBody(question),
      key,
    },
  );
  const usage = openAiChat.countUsage("events");
  const client: AnswerPipe = {
    signal: new AbortController().signal,
    commit: () => {},
    write(chunk, events) {
      firstAtMs ||= performance.now();
      usage.push(chunk, events);
      return true;
    },
    whenDrained: () => {},
    end: (rest) => usage.end(rest),
    breakOff: (error) => {
      throw error;
    },
  };
  await attempt(
    {
      send: outbound.send,
      bodyBytes: outbound.bodyBytes,
      stream: true,
      timeouts: { firstTokenMs: 60_000, idleMs: 60_000, jsonMs: 60_000 },
      provider: "bench",
      protocol: openAiChat,
      secrets: secretsOf(route, key),
      onSent: () => {},
      onCommit: () => {},
    },
    client,
  );
  return firstAtMs - startedAtMs;
}

/** Each piece arrives in a turn of its own. */
async function play(handler: Dispatcher.DispatchHandler, pieces: readonly Buffer[]): Promise<void> {
  const controller = {
    aborted: false,
    paused: false,
    reason: null,
    pause: () => {},
    resume: () => {},
    abort: () => {},
  } as unknown as Dispatcher.DispatchController;
  handler.onRequestStart?.(controller, undefined);
  handler.onResponseStart?.(controller, 200, { "content-type": "text/event-stream" });
  for (const piece of pieces) {
    handler.onResponseData?.(controller, piece);
    // The attempt takes in a microtask what has arrived.
    await Promise.resolve();
    await Promise.resolve();
  }
  handler.onResponseEnd?.(controller, {});
  await turn();
}
