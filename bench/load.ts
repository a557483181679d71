/**
 * The load's process: autocannon, a request at a time on each connection. What autocannon does not tell, the time to the
 * first byte and the lateness of events, is taken in the events of its own clients, on the same requests.
 */
import { answerParent } from "./child.ts";
import { type Client, loadAutocannon } from "./autocannon.ts";
import { createRecorder, type Histogram } from "./histogram.ts";
import { createStampReader, monotonicNowMs } from "./stamp.ts";

/** One measurement. */
export interface LoadPlan {
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The length that every answer must have, and what must be in it. */
  readonly answerBytes: number;
  readonly endMark: string;
  /** Whether the events carry the time at which they were due. */
  readonly isPaced: boolean;
  /** Connections, each with one request at a time. */
  readonly concurrency: number;
  /** No request is begun later than this; those that are open then are waited for. */
  readonly durationMs: number;
}

export interface LoadResult {
  /** Answers with status 200. */
  readonly requests: number;
  /** Answers with another status, or not whole, and broken connections. */
  readonly failures: number;
  /** From the first request to the last answer's end. */
  readonly elapsedMs: number;
  readonly latency: Histogram;
  /** From the request to the first byte of the answer's body. */
  readonly firstByte: Histogram;
  /** Of each paced event, from the time at which it was due. */
  readonly lateness: Histogram;
  /** CPU time of this process. */
  readonly loadCpuMs: number;
}

/** An answer that is late by this much will not come. */
const silenceTimeoutSeconds = 60;
/** Broken connections after which a measurement is given up. */
const maxFailures = 100;

const autocannon = await loadAutocannon(process.argv[2] ?? "");

async function measure(plan: LoadPlan): Promise<LoadResult> {
  const latency = createRecorder();
  const firstByte = createRecorder();
  const lateness = createRecorder();
  const startedAtMs = performance.now();
  const cpuBefore = process.cpuUsage();
  let endedAtMs = startedAtMs;
  let requests = 0;
  let otherStatuses = 0;

  const setupClient = (client: Client) => {
    let askedAtMs = 0;
    let lastPiece: Buffer | undefined;
    let stamps = createStampReader();
    client.on("request", () => {
      askedAtMs = performance.now();
      lastPiece = undefined;
      stamps = createStampReader();
    });
    // autocannon hands out the piece that it read from the socket, once for each HTTP chunk in it.
    client.on("body", (piece) => {
      if (piece === lastPiece) {
        return;
      }
      if (lastPiece === undefined) {
        firstByte.record(performance.now() - askedAtMs);
      }
      lastPiece = piece;
      if (plan.isPaced) {
        const nowMs = monotonicNowMs();
        for (const dueAtMs of stamps.read(piece.toString("latin1"))) {
          lateness.record(nowMs - dueAtMs);
        }
      }
    });
    client.on("response", (status, _bytes, latencyMs) => {
      endedAtMs = performance.now();
      if (status === 200) {
        requests += 1;
        latency.record(latencyMs);
      } else {
        otherStatuses += 1;
      }
      if (endedAtMs - startedAtMs >= plan.durationMs) {
        // It ends after as many as it has made. By autocannon's own clock open requests would be cut off and lost.
        client.responseMax = client.reqsMade;
      }
    });
  };
  const { errors, mismatches } = await autocannon({
    url: plan.origin + plan.path,
    method: "POST",
    headers: plan.headers,
    body: plan.body,
    connections: plan.concurrency,
    duration: 24 * 3600,
    timeout: silenceTimeoutSeconds,
    bailout: maxFailures,
    sampleInt: 20,
    setupClient,
    verifyBody: (body) => body.length === plan.answerBytes && body.includes(plan.endMark),
  });
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    requests,
    failures: otherStatuses + errors + mismatches,
    elapsedMs: Math.round((endedAtMs - startedAtMs) * 1000) / 1000,
    latency: latency.histogram(),
    firstByte: firstByte.histogram(),
    lateness: lateness.histogram(),
    loadCpuMs: (user + system) / 1000,
  };
}

answerParent(measure);
