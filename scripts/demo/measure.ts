/** Measures the cost of one question through one gateway, asked in several ways. */
import { createParser } from "eventsource-parser";
import { open } from "../../test/support/client.ts";
import { diskGrowth, measureDisk, total } from "../../test/support/disk.ts";
import { type Gateway, gatewayToken } from "../../test/support/gateway.ts";
import type { Meter } from "./meter.ts";

export interface Measurement {
  readonly firstByteMs: number;
  /** When the first word of the answer arrived; before it comes only the role. */
  readonly firstWordMs: number;
  readonly totalMs: number;
  readonly sentBytes: number;
  readonly sentTokens: number;
  /** Whether the provider reported the tokens; otherwise they are estimated at four bytes each. */
  readonly tokensCounted: boolean;
  readonly diskRows: number;
  readonly diskBytes: number;
}

export const question = {
  model: "openclaw",
  stream: true,
  stream_options: { include_usage: true },
  messages: [{ role: "user", content: "Say hi." }],
};

/** The number of timed calls. */
const timedCalls = 3;

/** One way to ask. */
export interface Way {
  /** Measures the provider that gets the question. */
  readonly meter: Pick<Meter, "sentBytes" | "promptTokens">;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Measures a gateway that has answered once in each way: first one call each for the bytes left on disk, then for each way three in
 * a row for their times, of which the one with the median total counts. A call right after the wait for the disk would be too
 * slow, because connections and caches are cold, so another call comes in between.
 * @param ways by the titles of their columns.
 */
export async function measure(
  gateway: Gateway,
  ways: Readonly<Record<string, Way>>,
): Promise<Record<string, Measurement>> {
  const grown = new Map<string, ReturnType<typeof diskGrowth>>();
  let before = await settled(gateway);
  for (const [title, { headers }] of Object.entries(ways)) {
    await ask(gateway, headers);
    const after = await settled(gateway);
    grown.set(title, diskGrowth(before, after));
    before = after;
  }
  const measured: Record<string, Measurement> = {};
  for (const [title, { meter, headers }] of Object.entries(ways)) {
    const times = await medianTimes(gateway, headers);
    const { tables = {}, files = {} } = grown.get(title) ?? {};
    measured[title] = {
      ...times,
      sentBytes: meter.sentBytes,
      sentTokens: meter.promptTokens ?? Math.ceil(meter.sentBytes / 4),
      tokensCounted: meter.promptTokens !== undefined,
      diskRows: total(tables),
      diskBytes: total(files),
    };
  }
  return measured;
}

async function medianTimes(gateway: Gateway, headers: Way["headers"]): Promise<Times> {
  await ask(gateway, headers);
  const all: Times[] = [];
  while (all.length < timedCalls) {
    all.push(await ask(gateway, headers));
  }
  const [times] = all.toSorted((a, b) => a.totalMs - b.totalMs).slice((timedCalls - 1) / 2);
  if (times === undefined) {
    throw new Error("nothing was measured");
  }
  return times;
}

type Times = Pick<Measurement, "firstByteMs" | "firstWordMs" | "totalMs">;

/** Asks the question and reads the whole answer. @throws Error if the gateway does not answer well. */
export async function ask(
  gateway: Gateway,
  headers: Readonly<Record<string, string>> = {},
): Promise<Times> {
  const startedAtMs = performance.now();
  const answer = await open(`${gateway.url}/v1/chat/completions`, {
    body: question,
    headers: {
      authorization: `Bearer ${gatewayToken}`,
      "content-type": "application/json",
      ...headers,
    },
  });
  let firstByteMs: number | undefined;
  let firstWordMs: number | undefined;
  let text = "";
  const parser = createParser({
    onEvent: ({ data }) => {
      if (/"content":\s*"[^"]/.test(data)) {
        firstWordMs ??= performance.now() - startedAtMs;
      }
    },
  });
  for await (const part of answer.stream) {
    firstByteMs ??= performance.now() - startedAtMs;
    text += (part as Buffer).toString("utf8");
    parser.feed((part as Buffer).toString("utf8"));
  }
  if (answer.status !== 200 || firstByteMs === undefined || firstWordMs === undefined) {
    throw new Error(`the gateway answered with status ${answer.status}: ${text.slice(0, 500)}`);
  }
  return { firstByteMs, firstWordMs, totalMs: performance.now() - startedAtMs };
}

/** The disk once the gateway has stopped writing. */
async function settled(gateway: Gateway) {
  for (let before = await measureDisk(gateway.stateFolder); ;) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const now = await measureDisk(gateway.stateFolder);
    const { files, tables } = diskGrowth(before, now);
    if (total(files) === 0 && total(tables) === 0) {
      return now;
    }
    before = now;
  }
}
