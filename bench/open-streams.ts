/** Measures many concurrently open paced streams: the lateness of their events, and the memory per stream. */
import { type Inspected, inspect, inspectable } from "../test/support/inspector.ts";
import type { AnswerKind } from "./answers.ts";
import type { OpenStreamsExtent } from "./extent.ts";
import { residentBytes, watchPeak } from "./meter.ts";
import { workerScript } from "./relay-gateway.ts";
import type { Growth, OpenStreams } from "./results.ts";
import type { Ground } from "./stage.ts";
import { askOnce, requestOf, type Target } from "./targets.ts";

/** Streams opened before, so one-time allocations are not counted. */
const warmUpStreams = 20;
const settleMs = 500;

/**
 * Each extent has a gateway of its own.
 * @param signal is checked between measurements.
 */
export async function measureOpenStreams(
  ground: Ground,
  extent: OpenStreamsExtent,
  signal: AbortSignal,
): Promise<OpenStreams[]> {
  signal.throwIfAborted();
  const { kind, streams, rampMs, memory } = extent;
  const bytesOf = async (of: AnswerKind) => Buffer.byteLength(await askOnce(ground.direct, of));
  const answerBytes = { paced: await bytesOf("paced"), measured: await bytesOf(kind) };
  const gateway = await ground.startRelay(memory === "heap" ? { env: inspectable } : {});
  const inspector = memory === "heap" ? await inspect(gateway) : undefined;
  const worker = await inspector?.worker(workerScript);

  const warmUp = async (target: Target) => {
    const request = requestOf(target, "paced", answerBytes.paced);
    await ground.streams.ask({
      kind: "open",
      plan: { request, streams: warmUpStreams, rampMs: 0 },
    });
    await ground.streams.ask({ kind: "finish" });
  };
  const run = async (target: Target, whileOpen?: () => Promise<void>) => {
    const request = requestOf(target, kind, answerBytes.measured);
    await ground.streams.ask({ kind: "open", plan: { request, streams, rampMs } });
    await whileOpen?.();
    const result = await ground.streams.ask({ kind: "finish" });
    signal.throwIfAborted();
    return result;
  };
  /** Measures the heap in a separate run, because a garbage collection stops the thread for a while. */
  const heapsOf = async (target: Target, threads: readonly Inspected[]) => {
    await warmUp(target);
    const before = await settledHeaps(threads);
    let open: number[] = [];
    await run(target, async () => {
      open = await heaps(threads);
    });
    const after = await settledHeaps(threads);
    return threads.map((_, at): Growth => ({
      before: before[at] ?? Number.NaN,
      open: open[at] ?? Number.NaN,
      after: after[at] ?? Number.NaN,
    }));
  };
  const heapMembers = async (target: Target) => {
    if (inspector === undefined) {
      return {};
    }
    const threads = worker === undefined ? [inspector] : [inspector, worker];
    const [heapBytes, workerHeapBytes] = await heapsOf(target, threads);
    return { ...(heapBytes && { heapBytes }), ...(workerHeapBytes && { workerHeapBytes }) };
  };
  const measureTimes = async (target: Target) => {
    if (target === ground.direct || memory === "heap") {
      return run(target);
    }
    await warmUp(target);
    await pause();
    const before = residentBytes(target.pid);
    const peak = watchPeak(target.pid);
    const result = await run(target);
    const open = peak();
    await pause();
    const after = residentBytes(target.pid);
    return before === undefined || open === undefined || after === undefined
      ? result
      : { ...result, rssBytes: { before, open, after } };
  };

  const present = [ground.direct, ...Object.values(gateway.targets)];
  const results: OpenStreams[] = [];
  for (const name of extent.targets) {
    const target = present.find((one) => one.name === name);
    if (target !== undefined) {
      console.error(`${streams} open streams: ${name}`);
      const ofHeap = target === ground.direct ? {} : await heapMembers(target);
      results.push({ target: name, kind, streams, ...(await measureTimes(target)), ...ofHeap });
    }
  }
  inspector?.close();
  await gateway.close();
  return results;
}

function heaps(threads: readonly Inspected[]): Promise<number[]> {
  return Promise.all(threads.map((thread) => thread.heapUsedBytes()));
}

/** Collects twice, because one collection may not free everything. */
async function settledHeaps(threads: readonly Inspected[]): Promise<number[]> {
  await heaps(threads);
  await pause();
  return heaps(threads);
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, settleMs));
}
