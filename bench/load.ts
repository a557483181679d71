/**
 * The load process: autocannon with one request at a time per connection. Autocannon does not measure the time to the first
 * byte and the lateness of events; these are measured in the events of its clients, on the same requests.
 */
import { answerParent } from "./child.ts";
import { type Client, loadAutocannon } from "./autocannon.ts";
import { createRecorder, type Histogram } from "./histogram.ts";
import { median } from "./median.ts";
import { createStampReader, monotonicNowMs } from "./stamp.ts";

/** One measurement. */
export interface LoadPlan {
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** A header in which each connection has a name of its own. */
  readonly connectionNameHeader?: string;
  /** The length that every answer must have, and what must be in it. */
  readonly answerBytes: number;
  readonly endMark: string;
  /** Whether events contain the time at which they were due. */
  readonly isPaced: boolean;
  /** The number of connections, each with one request at a time. */
  readonly concurrency: number;
  /** No request starts later than this; open ones are awaited. */
  readonly durationMs: number;
}

export interface LoadResult {
  /** Answers with status 200. */
  readonly requests: number;
  /** Other statuses, incomplete answers and broken connections. */
  readonly failures: number;
  /** The time from the first request to the end of the last answer. */
  readonly elapsedMs: number;
  readonly latency: Histogram;
  /** The time from the request to the first byte of the answer's body. */
  readonly firstByte: Histogram;
  /** The median of these times, which the histogram has to within 2.3 %. */
  readonly firstByteP50Ms: number;
  /** Of each paced event, from the time at which it was due. */
  readonly lateness: Histogram;
  /** The CPU time of this process. */
  readonly loadCpuMs: number;
}

/** A connection that is silent for this long counts as failed. */
const silenceTimeoutSeconds = 60;
/** The number of broken connections after which a measurement stops. */
const maxFailures = 100;

const autocannon = await loadAutocannon(process.argv[2] ?? "");

async function measure(plan: LoadPlan): Promise<LoadResult> {
  const latency = createRecorder();
  const firstByte = createRecorder();
  const lateness = createRecorder();
  const firstByteTimesMs: number[] = [];
  const startedAtMs = performance.now();
  const cpuBefore = process.cpuUsage();
  let endedAtMs = startedAtMs;
  let requests = 0;
  let otherStatuses = 0;
  let connections = 0;

  const setupClient = (client: Client) => {
    let askedAtMs = 0;
    let lastPiece: Buffer | undefined;
    let stamps = createStampReader();
    if (plan.connectionNameHeader !== undefined) {
      connections += 1;
      client.setHeaders({
        ...plan.headers,
        [plan.connectionNameHeader]: `connection-${connections}`,
      });
    }
    client.on("request", () => {
      askedAtMs = performance.now();
      lastPiece = undefined;
      stamps = createStampReader();
    });
    // autocannon emits the piece that it read from the socket once for each HTTP chunk in it.
    client.on("body", (piece) => {
      if (piece === lastPiece) {
        return;
      }
      if (lastPiece === undefined) {
        const timeMs = performance.now() - askedAtMs;
        firstByte.record(timeMs);
        firstByteTimesMs.push(timeMs);
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
        // The client stops after the requests it has made. Autocannon's own duration would cut off open requests.
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
    firstByteP50Ms: median(firstByteTimesMs),
    lateness: lateness.histogram(),
    loadCpuMs: (user + system) / 1000,
  };
}

answerParent(measure);
