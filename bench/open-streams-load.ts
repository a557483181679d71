/** The process that holds many streams open at once; autocannon would start all of them at the same instant. */
import { request as httpRequest } from "node:http";
import { answerParent } from "./child.ts";
import { createRecorder, type Histogram } from "./histogram.ts";
import { createStampReader, monotonicNowMs } from "./stamp.ts";
import type { TargetRequest } from "./targets.ts";

export interface StreamsPlan {
  readonly request: TargetRequest;
  readonly streams: number;
  /** The time over which the streams are started, one after another. */
  readonly rampMs: number;
}

/** "open" starts the streams and is answered when each has its first byte; "finish" waits for their end. */
export type StreamsQuestion =
  | { readonly kind: "open"; readonly plan: StreamsPlan }
  | { readonly kind: "finish" };

export interface StreamsResult {
  /** The highest number of concurrently open streams. */
  readonly openAtOnce: number;
  readonly failures: number;
  readonly firstByte: Histogram;
  /** The delay of each event after the time at which it was due. */
  readonly lateness: Histogram;
}

interface OpenStreams {
  readonly opened: Promise<void>;
  readonly finished: Promise<StreamsResult>;
}

function openStreams({ request, streams, rampMs }: StreamsPlan): OpenStreams {
  const firstByte = createRecorder();
  const lateness = createRecorder();
  let openNow = 0;
  let openAtOnce = 0;
  let failures = 0;

  const openOne = (onFirstByte: () => void) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stamps = createStampReader();
    const askedAtMs = performance.now();
    let bytes = 0;
    let tail = "";
    const outgoing = httpRequest(request.origin + request.path, {
      agent: false,
      method: "POST",
      headers: { ...request.headers, "content-length": Buffer.byteLength(request.body) },
    });
    outgoing.on("response", (incoming) => {
      incoming.on("data", (piece: Buffer) => {
        if (bytes === 0) {
          firstByte.record(performance.now() - askedAtMs);
          openNow += 1;
          openAtOnce = Math.max(openAtOnce, openNow);
          onFirstByte();
        }
        bytes += piece.length;
        const text = piece.toString("latin1");
        tail = (tail + text).slice(-request.endMark.length - 2);
        const nowMs = monotonicNowMs();
        for (const dueAtMs of stamps.read(text)) {
          lateness.record(nowMs - dueAtMs);
        }
      });
      // A broken connection shows as missing bytes.
      incoming.on("error", () => undefined);
    });
    outgoing.on("error", () => undefined);
    outgoing.once("close", () => {
      const isWhole = bytes === request.answerBytes && tail.includes(request.endMark);
      failures += isWhole ? 0 : 1;
      openNow -= bytes === 0 ? 0 : 1;
      onFirstByte();
      resolve();
    });
    outgoing.end(request.body);
    return promise;
  };

  const opened: Promise<void>[] = [];
  const finished: Promise<void>[] = [];
  for (let at = 0; at < streams; at += 1) {
    const hasOpened = Promise.withResolvers<void>();
    opened.push(hasOpened.promise);
    finished.push(
      new Promise<void>((resolve) => setTimeout(resolve, (rampMs / streams) * at)).then(() =>
        openOne(hasOpened.resolve),
      ),
    );
  }
  return {
    opened: Promise.all(opened).then(() => undefined),
    finished: Promise.all(finished).then(() => ({
      openAtOnce,
      failures,
      firstByte: firstByte.histogram(),
      lateness: lateness.histogram(),
    })),
  };
}

let current: OpenStreams | undefined;

answerParent(async (question: StreamsQuestion) => {
  if (question.kind === "open") {
    current = openStreams(question.plan);
    return current.opened;
  }
  return current?.finished;
});
