/** Measures when streams begin, with and without an agent at work in the same gateway. */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { keepTurnsUnderWay } from "../../bench/agent-turns.ts";
import { open } from "../../test/support/client.ts";
import { question } from "./measure.ts";

/** Where streams are asked for. */
export interface Entry {
  readonly title: string;
  /** Including `/v1`. */
  readonly baseUrl: string;
  readonly bearerToken: string;
}

export interface FirstBytes {
  readonly title: string;
  /** Without an agent at work. */
  readonly alone: Percentiles;
  /** With one agent turn under way at any time. */
  readonly besideAgent: Percentiles;
}

interface Percentiles {
  readonly p50Ms: number;
  readonly p90Ms: number;
}

/** Streams for each entry, alone and beside the agent. */
export const streamCount = 40;
/** For each entry. A stream does not wait for earlier ones: waiting would hide their delay. */
export const streamsPerSecond = 8;
const warmUpStreams = 5;
/** The first turn of a gateway takes seconds. */
const warmUpTurns = 2;

/** @param turn runs one agent turn in the gateway of these entries. */
export async function measureFirstBytes(
  entries: readonly Entry[],
  turn: () => Promise<unknown>,
): Promise<FirstBytes[]> {
  await startStreams(entries, warmUpStreams);
  for (let at = 0; at < warmUpTurns; at += 1) {
    await turn();
  }
  const alone = await startStreams(entries, streamCount);
  const stop = keepTurnsUnderWay(1, turn);
  const besideAgent = await startStreams(entries, streamCount).catch(async (failure) => {
    await stop();
    throw failure;
  });
  const { failures } = await stop();
  if (failures > 0) {
    throw new Error("an agent turn failed while streams were measured");
  }
  return entries.map(({ title }, at) => ({
    title,
    alone: percentiles(alone[at]),
    besideAgent: percentiles(besideAgent[at]),
  }));
}

/** Starts streams in turn on each entry. @returns the times to first byte of each entry, in milliseconds. */
async function startStreams(entries: readonly Entry[], count: number): Promise<number[][]> {
  const intervalMs = 1000 / streamsPerSecond / entries.length;
  const startedAtMs = performance.now();
  let started = 0;
  const times = entries.map((): Promise<number>[] => []);
  for (let round = 0; round < count; round += 1) {
    for (const [at, entry] of entries.entries()) {
      await sleep(Math.max(0, startedAtMs + started * intervalMs - performance.now()));
      started += 1;
      const time = firstByteMs(entry);
      // A failure is thrown when all have started.
      time.catch(() => undefined);
      times[at]?.push(time);
    }
  }
  return Promise.all(times.map((ofEntry) => Promise.all(ofEntry)));
}

/**
 * Leaves the stream at its first byte. With core's endpoint each stream is an agent turn; whole ones would hold up each other
 * even with no other agent at work.
 */
async function firstByteMs({ baseUrl, bearerToken }: Entry): Promise<number> {
  const startedAtMs = performance.now();
  const answer = await open(`${baseUrl}/chat/completions`, {
    body: question,
    headers: { authorization: `Bearer ${bearerToken}`, "content-type": "application/json" },
  });
  await once(answer.stream, "data");
  const timeMs = performance.now() - startedAtMs;
  answer.abort();
  if (answer.status !== 200) {
    throw new Error(`${baseUrl} answered with status ${answer.status}`);
  }
  return timeMs;
}

function percentiles(times: readonly number[] = []): Percentiles {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
  return { p50Ms: at(0.5), p90Ms: at(0.9) };
}
