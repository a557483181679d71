/** The data plane, seen from the gateway's thread: starts its thread, and starts it again when it dies or hangs. */
import type { ClientRequest, ClientResponse } from "../http/exchange.ts";
import { openAiChat } from "../protocols/openai-chat/protocol.ts";
import { waitAtMost } from "../resilience/wait-at-most.ts";
import { createDeaths } from "./deaths.ts";
import { type Caller, createHandOver } from "./hand-over.ts";
import type { PlaneQuestions } from "./messages.ts";
import { dataPlaneFailed, dataPlaneUnavailable } from "./plane-errors.ts";
import { type PlaneThread, type PlaneThreadOptions, startPlaneThread } from "./plane-thread.ts";

export interface DataPlaneState {
  readonly state: "starting" | "serving" | "stopped";
  /** Times that the thread has ended by itself, or was ended because it hung. */
  readonly deaths: number;
  /** How long the thread's last start took; null before the first. */
  readonly startedInMs: number | null;
}

export interface DataPlane {
  /** Starts the thread, and returns at once: requests wait until it is ready. */
  start(): void;
  /** Begins to shut down: requests on the relay's own listener end, others are refused. */
  drain(): void;
  /** Drains, lets the relay write what it must keep, then ends the thread. */
  stop(): Promise<void>;
  /** Serves a request. Resolves when the response has ended. Never rejects. */
  serve(request: ClientRequest, response: ClientResponse, caller: Caller): Promise<void>;
  state(): DataPlaneState;
  /** Why the data plane does not serve; undefined if it does, or soon will. */
  problem(): string | undefined;
  /** Asks the relay; undefined if the data plane does not answer. */
  ask<Name extends keyof PlaneQuestions>(
    name: Name,
    ...args: PlaneQuestions[Name]["args"]
  ): Promise<PlaneQuestions[Name]["answer"] | undefined>;
  /** Why the thread ended the last time, as the end of a sentence; undefined if it never has. */
  lastDeath(): string | undefined;
}

export type DataPlaneOptions = Pick<PlaneThreadOptions, "host" | "logger" | "entry">;

/** How long a person waits for an answer. */
const answerWithinMs = 5000;
/** How long the providers may take to answer, many of them one after the other. */
const providersWithinMs = 9 * 60_000;
/** How long a stop may take: open streams may end, and the gateway waits 325 s for its services (openclaw 2026.9.6). */
const stopWithinMs = 310_000;
/** How long a request waits for a thread that starts. */
const readyWithinMs = 10_000;

export function createDataPlane(options: DataPlaneOptions): DataPlane {
  const { logger } = options;
  let thread: PlaneThread | undefined;
  // The gateway serves a plugin's routes before it starts the plugin's services: early requests wait.
  let state: DataPlaneState["state"] = "starting";
  let ready = Promise.withResolvers<void>();
  let startedInMs: number | null = null;
  let isStopping = false;
  const deaths = createDeaths();
  const handOver = createHandOver(
    (message, transfer) => thread?.send(message, transfer),
    openAiChat,
  );

  const startThread = () => {
    state = "starting";
    const startedAtMs = performance.now();
    thread = startPlaneThread({
      ...options,
      receive: handOver.receive,
      within: handOver.within,
      onReady() {
        state = "serving";
        startedInMs = Math.round(performance.now() - startedAtMs);
        ready.resolve();
      },
      onEnd,
    });
  };

  const onEnd = (why: string) => {
    thread = undefined;
    state = "stopped";
    const ended = ready;
    ready = Promise.withResolvers();
    handOver.failAll(dataPlaneFailed());
    if (!isStopping) {
      if (deaths.add(why)) {
        logger.warn(`passthrough: the data plane ended because ${why}; it starts again`);
        startThread();
      } else {
        logger.warn(`passthrough: ${deaths.problem()}`);
      }
    }
    ended.resolve();
  };

  const isStarting = () => state === "starting";
  /** Waits for a thread that starts, and for the next one if that dies. */
  const untilStarted = async () => {
    const deadlineMs = performance.now() + readyWithinMs;
    while (isStarting() && performance.now() < deadlineMs) {
      await waitAtMost(deadlineMs - performance.now(), ready.promise);
    }
  };

  return {
    start() {
      isStopping = false;
      if (thread === undefined) {
        startThread();
      }
    },
    drain: () => thread?.drain(),
    async stop() {
      isStopping = true;
      await thread?.ask("stop", [], stopWithinMs).catch(() => undefined);
      await thread?.terminate();
      state = "stopped";
    },
    async serve(request, response, caller) {
      if (isStarting()) {
        await untilStarted();
      }
      if (state !== "serving") {
        handOver.refuse(response, dataPlaneUnavailable());
        return;
      }
      thread?.look();
      await handOver.serve(request, response, caller);
    },
    state: () => ({ state, deaths: deaths.count(), startedInMs }),
    problem: deaths.problem,
    ask: async (name, ...args) => {
      const withinMs = name === "askProviders" ? providersWithinMs : answerWithinMs;
      return thread?.ask(name, args, withinMs).catch(() => undefined);
    },
    lastDeath: deaths.last,
  };
}
