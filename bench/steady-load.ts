/**
 * The process that starts requests at a steady pace, whether or not earlier ones have been answered, and measures the time to the
 * first byte of each. Autocannon waits for an answer before it sends the next request, so a delay would hide itself.
 */
import { Agent, request as httpRequest } from "node:http";
import { answerParent } from "./child.ts";
import { createRecorder, type Histogram } from "./histogram.ts";
import type { TargetRequest } from "./targets.ts";

export interface SteadyPlan {
  readonly request: TargetRequest;
  readonly perSecond: number;
  readonly durationMs: number;
}

export interface SteadyResult {
  readonly requests: number;
  /** Other statuses, incomplete answers and broken connections. */
  readonly failures: number;
  /** The time from the request to the first byte of the answer's body. */
  readonly firstByte: Histogram;
}

/** A request that is silent for this long counts as failed. */
const silenceTimeoutMs = 60_000;

async function measure({ request, perSecond, durationMs }: SteadyPlan): Promise<SteadyResult> {
  const connections = new Agent({ keepAlive: true });
  const firstByte = createRecorder();
  const requests = Math.round((perSecond * durationMs) / 1000);
  const startedAtMs = performance.now();
  const answers: Promise<boolean>[] = [];
  for (let at = 0; at < requests; at += 1) {
    const waitMs = startedAtMs + (at * 1000) / perSecond - performance.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, waitMs)));
    answers.push(ask(request, connections, (timeMs) => firstByte.record(timeMs)));
  }
  const whole = await Promise.all(answers);
  connections.destroy();
  return {
    requests,
    failures: whole.filter((isWhole) => !isWhole).length,
    firstByte: firstByte.histogram(),
  };
}

/** @returns whether the answer was whole. */
function ask(
  { origin, path, headers, body, answerBytes, endMark }: TargetRequest,
  agent: Agent,
  onFirstByte: (timeMs: number) => void,
): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  let bytes = 0;
  let tail = "";
  const askedAtMs = performance.now();
  const outgoing = httpRequest(origin + path, {
    agent,
    method: "POST",
    headers: { ...headers, "content-length": Buffer.byteLength(body) },
    timeout: silenceTimeoutMs,
  });
  outgoing.on("response", (incoming) => {
    incoming.on("data", (piece: Buffer) => {
      if (bytes === 0 && incoming.statusCode === 200) {
        onFirstByte(performance.now() - askedAtMs);
      }
      bytes += piece.length;
      tail = (tail + piece.toString("latin1")).slice(-endMark.length - 2);
    });
    // A broken connection shows as missing bytes.
    incoming.on("error", () => undefined);
  });
  outgoing.on("timeout", () => outgoing.destroy());
  outgoing.on("error", () => undefined);
  outgoing.once("close", () => resolve(bytes === answerBytes && tail.includes(endMark)));
  outgoing.end(body);
  return promise;
}

answerParent(measure);
