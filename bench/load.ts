/** The load's process: sends requests one after another on each of its connections, and takes their times. */
import { Client, type Dispatcher } from "undici";
import { answerParent } from "./child.ts";

/** One measurement. */
export interface LoadPlan {
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The length that every answer must have. */
  readonly answerBytes: number;
  /** Connections, each with one request at a time. */
  readonly concurrency: number;
  /** No request is begun later than this; those that are open then are waited for. */
  readonly durationMs: number;
}

/** Times of the answers, in the order in which they ended. */
export interface LoadResult {
  readonly latenciesMs: readonly number[];
  /** From the request to the first byte of the answer's body. */
  readonly firstBytesMs: readonly number[];
  /** From the first request to the last answer's end. */
  readonly elapsedMs: number;
}

/** An answer that is late by this much will not come. */
const silenceTimeoutMs = 30_000;

/** @throws Error at the first answer that is not as it should be. */
async function measure(plan: LoadPlan): Promise<LoadResult> {
  const clients = Array.from(
    { length: plan.concurrency },
    () =>
      new Client(plan.origin, {
        headersTimeout: silenceTimeoutMs,
        bodyTimeout: silenceTimeoutMs,
      }),
  );
  try {
    await Promise.all(clients.map(openConnection));
    const latenciesMs: number[] = [];
    const firstBytesMs: number[] = [];
    const startedAtMs = performance.now();
    await Promise.all(
      clients.map(async (client) => {
        while (performance.now() - startedAtMs < plan.durationMs) {
          const { latencyMs, firstByteMs } = await exchange(client, plan);
          latenciesMs.push(latencyMs);
          firstBytesMs.push(firstByteMs);
        }
      }),
    );
    return { latenciesMs, firstBytesMs, elapsedMs: performance.now() - startedAtMs };
  } finally {
    await Promise.all(clients.map((client) => client.destroy()));
  }
}

/** The gateway answers this at next to no cost, and the provider answers anything. */
async function openConnection(client: Client): Promise<void> {
  const { body } = await client.request({ method: "GET", path: "/healthz" });
  await body.dump();
}

interface Times {
  readonly latencyMs: number;
  readonly firstByteMs: number;
}

function exchange(client: Client, plan: LoadPlan): Promise<Times> {
  const { promise, resolve, reject } = Promise.withResolvers<Times>();
  const { path, headers, body, answerBytes } = plan;
  const startedAtMs = performance.now();
  let status = 0;
  let bytes = 0;
  let firstByteMs = 0;
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart() {},
    onResponseStart(_controller, statusCode) {
      status = statusCode;
    },
    onResponseData(_controller, chunk) {
      if (bytes === 0) {
        firstByteMs = performance.now() - startedAtMs;
      }
      bytes += chunk.length;
    },
    onResponseEnd() {
      if (status === 200 && bytes === answerBytes) {
        resolve({ latencyMs: performance.now() - startedAtMs, firstByteMs });
      } else {
        reject(
          new Error(
            `${path} answered ${status} with ${bytes} bytes; 200 with ${answerBytes} were expected`,
          ),
        );
      }
    },
    onResponseError(_controller, cause) {
      reject(new Error(`${path}: ${cause.message}`, { cause }));
    },
  };
  client.dispatch({ path, method: "POST", headers, body }, handler);
  return promise;
}

answerParent(measure);
