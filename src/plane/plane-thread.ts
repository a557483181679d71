/** One thread of the data plane, seen from the gateway's thread: its messages, its calls, its heartbeat and its end. */
import { Worker } from "node:worker_threads";
import type { Logger } from "../telemetry/log.ts";
import { createCallChannel } from "./call-channel.ts";
import { afterCallback, type Channel } from "./channel.ts";
import type { HandOver } from "./hand-over.ts";
import type { RequestMessage, ResponseMessage } from "./handed-over.ts";
import { createHostCalls } from "./host-calls.ts";
import { type SnapshotSource, watchSnapshot } from "./host-snapshot.ts";
import {
  type GatewayMessage,
  heartbeatIntervalMs,
  maxMissedHeartbeats,
  type PlaneMessage,
  type PlaneQuestions,
  type PlaneStart,
} from "./messages.ts";
import { dataPlaneFailed } from "./plane-errors.ts";

export interface PlaneThread {
  readonly send: Channel<RequestMessage>["send"];
  /** Lets requests on the relay's own listener end, and accepts no others. */
  drain(): void;
  /** Asks the relay. @throws RelayError if it does not answer in time, or ends. */
  ask<Name extends keyof PlaneQuestions>(
    name: Name,
    args: PlaneQuestions[Name]["args"],
    timeoutMs: number,
  ): Promise<PlaneQuestions[Name]["answer"]>;
  /** Pushes the gateway's config now if it has changed. */
  look(): void;
  /** Ends the thread, whatever it does. Resolves when it has ended. */
  terminate(): Promise<void>;
}

export interface PlaneThreadOptions {
  readonly host: SnapshotSource;
  readonly logger: Logger;
  /** The file that the thread runs. */
  readonly entry: URL;
  readonly receive: (message: ResponseMessage) => void;
  readonly within: HandOver["within"];
  readonly onReady: () => void;
  /** @param why as the end of a sentence. */
  readonly onEnd: (why: string) => void;
}

/**
 * Small enough that what survives a collection of young objects fits into V8's leeway beyond the heap's bound. With Node's
 * default, some threads that ran out of memory ended the process.
 */
const maxYoungGenerationSizeMb = 24;

export function startPlaneThread(options: PlaneThreadOptions): PlaneThread {
  const { host, logger, entry, receive, within, onReady, onEnd } = options;
  const hostCalls = createHostCalls(host, within);
  const watch = watchSnapshot(host, (snapshot) => channel.send(["snapshot", snapshot]));
  const heartbeat = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const start: PlaneStart = { snapshot: watch.current(), heartbeat };
  const { maxHeapMegabytes } = host.config().dataPlane;
  const worker = new Worker(entry, {
    name: "passthrough",
    workerData: start,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMegabytes, maxYoungGenerationSizeMb },
  });
  const channel = createCallChannel<GatewayMessage>(worker, {
    schedule: afterCallback,
    methods: hostCalls.methods,
  });

  let whyEnded: string | undefined;
  const stopListening = watchHeartbeat(new Int32Array(heartbeat), () => {
    whyEnded = `it hung for ${(maxMissedHeartbeats * heartbeatIntervalMs) / 1000} s`;
    void worker.terminate();
  });
  worker.on("message", (messages: readonly PlaneMessage[]) => {
    for (const message of messages) {
      if (channel.receive(message)) {
        continue;
      }
      if (message[0] === "log") {
        const [, level, line] = message;
        logger[level]?.(line);
      } else if (message[0] === "reports") {
        host.takeModelReports(message[1]);
      } else if (message[0] === "ready") {
        onReady();
      } else {
        receive(message);
      }
    }
  });
  worker.on("error", (error) => {
    whyEnded = describe(error);
  });
  worker.once("exit", (code) => {
    stopListening();
    watch.stop();
    const gone = dataPlaneFailed();
    channel.failAll(gone);
    channel.abortAll(gone);
    hostCalls.deleteSessions();
    onEnd(whyEnded ?? `it exited with ${code}`);
  });

  return {
    send: channel.send,
    ask: (name, args, timeoutMs) => channel.call(name, args, { timeoutMs }),
    look: watch.look,
    drain: () => channel.send(["drain"]),
    async terminate() {
      await worker.terminate();
    },
  };
}

/**
 * Calls `onHang` when the counter stands still. It counts looks instead of comparing clocks: after the machine has slept,
 * only one look has been missed.
 */
function watchHeartbeat(beats: Int32Array, onHang: () => void): () => void {
  let seen = 0;
  let missed = 0;
  const timer = setInterval(() => {
    const count = Atomics.load(beats, 0);
    missed = count === seen ? missed + 1 : 0;
    seen = count;
    if (missed === maxMissedHeartbeats) {
      onHang();
    }
  }, heartbeatIntervalMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Names an uncaught error by its place, without its message, which may quote a prompt or a key. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) {
    return "of an unknown error";
  }
  if ("code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY") {
    return "it ran out of memory (dataPlane.maxHeapMegabytes)";
  }
  const place = error.stack?.split("\n").find((line) => /^\s+at /.test(line));
  return `of an uncaught ${error.name}${place === undefined ? "" : ` ${place.trim()}`}`;
}
