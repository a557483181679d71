/** Measures the threads of a gateway over Node's inspector protocol. */
import type { Gateway } from "./gateway.ts";

/** A thread of a process. */
export interface Inspected {
  /** Bytes in use after a garbage collection. */
  heapUsedBytes(): Promise<number>;
  /** Starts a CPU profile. @returns a function that ends it. */
  startProfile(samplingIntervalUs: number): Promise<() => Promise<CpuProfile>>;
}

/** A process, as its main thread. */
export interface Inspector extends Inspected {
  /** Blocks the thread. Resolves when it is free again. */
  block(forMs: number): Promise<void>;
  /**
   * One of its worker threads.
   * @param script how the address of the worker's script ends.
   * @returns undefined if no such worker runs.
   */
  worker(script: string): Promise<Inspected | undefined>;
  close(): void;
}

/** In the format that Node and browsers read. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      /** From 0; -1 if there is none. */
      readonly lineNumber: number;
    };
  }[];
  /** The node of each sample, and the microseconds from the sample before it. */
  readonly samples?: readonly number[];
  readonly timeDeltas?: readonly number[];
}

/** The environment that makes a gateway inspectable. */
export const inspectable = { NODE_OPTIONS: "--inspect=127.0.0.1:0" };

/**
 * Connects to a gateway that was started with `inspectable`. Its child processes also listen, so the process id identifies it.
 * @throws Error if none of the printed sockets belongs to the gateway's process.
 */
export async function inspect(gateway: Pick<Gateway, "output" | "pid">): Promise<Inspector> {
  const urls = gateway.output().match(/ws:\/\/\S+/g) ?? [];
  for (const url of urls) {
    const session = await openSession(url).catch(() => undefined);
    const answer = (await session?.call("Runtime.evaluate", { expression: "process.pid" })) as
      | { result: { value: number } }
      | undefined;
    if (session !== undefined && answer?.result.value === gateway.pid) {
      return {
        ...inspected(session.call),
        async block(forMs) {
          const expression = `{ const end = Date.now() + ${forMs}; while (Date.now() < end); }`;
          await session.call("Runtime.evaluate", { expression });
        },
        async worker(script) {
          const call = await attachToWorker(session, script);
          return call && inspected(call);
        },
        close: () => session.close(),
      };
    }
    session?.close();
  }
  throw new Error(`none of ${urls.length} inspector sockets is that of process ${gateway.pid}`);
}

type Call = (method: string, params?: object) => Promise<unknown>;

function inspected(call: Call): Inspected {
  return {
    async heapUsedBytes() {
      await call("HeapProfiler.collectGarbage");
      const { usedSize } = (await call("Runtime.getHeapUsage")) as { usedSize: number };
      return usedSize;
    },
    async startProfile(samplingIntervalUs) {
      await call("Profiler.enable");
      await call("Profiler.setSamplingInterval", { interval: samplingIntervalUs });
      await call("Profiler.start");
      return async () => {
        const { profile } = (await call("Profiler.stop")) as { profile: CpuProfile };
        return profile;
      };
    },
  };
}

/** A worker has no socket of its own: its messages travel inside those of the main thread. */
async function attachToWorker({ call, on }: Session, script: string): Promise<Call | undefined> {
  let sessionId: string | undefined;
  on("NodeWorker.attachedToWorker", (event) => {
    const { workerInfo, ...attached } = event as {
      sessionId: string;
      workerInfo: { url: string };
    };
    if (workerInfo.url.endsWith(script)) {
      ({ sessionId } = attached);
    }
  });
  // The workers that run now are reported before the answer.
  await call("NodeWorker.enable", { waitForDebuggerOnStart: false });
  const ofWorker = sessionId;
  if (ofWorker === undefined) {
    return undefined;
  }
  const { callOver, receive } = createCalls((message) => {
    void call("NodeWorker.sendMessageToWorker", { sessionId: ofWorker, message });
  });
  on("NodeWorker.receivedMessageFromWorker", (event) => {
    const received = event as { sessionId: string; message: string };
    if (received.sessionId === ofWorker) {
      receive(received.message);
    }
  });
  return callOver;
}

interface Session {
  readonly call: Call;
  on(event: string, listener: (params: object) => void): void;
  close(): void;
}

async function openSession(url: string): Promise<Session> {
  const socket = new WebSocket(url);
  const { callOver, receive, on } = createCalls((message) => socket.send(message));
  socket.addEventListener("message", ({ data }) => receive(String(data)));
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", reject);
  });
  return { call: callOver, on, close: () => socket.close() };
}

/** Numbered calls and their answers over a channel of text messages. */
function createCalls(send: (message: string) => void) {
  const waiting = new Map<
    number,
    { resolve: (result: unknown) => void; reject: (reason: Error) => void }
  >();
  const listeners = new Map<string, (params: object) => void>();
  let nextId = 1;
  const callOver: Call = (method, params = {}) =>
    new Promise((resolve, reject) => {
      const id = nextId;
      nextId += 1;
      waiting.set(id, { resolve, reject });
      send(JSON.stringify({ id, method, params }));
    });
  return {
    callOver,
    receive(message: string) {
      const { id, result, error, method, params } = JSON.parse(message);
      if (method !== undefined) {
        listeners.get(method)?.(params);
      } else if (error === undefined) {
        waiting.get(id)?.resolve(result);
      } else {
        waiting.get(id)?.reject(new Error(error.message));
      }
      waiting.delete(id);
    },
    on: (event: string, listener: (params: object) => void) => void listeners.set(event, listener),
  };
}
