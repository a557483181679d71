/** Measures many concurrently open paced streams: the lateness of their events and the gateway's heap per stream. */
import type { Inspector } from "../test/support/inspector.ts";
import type { AnswerKind } from "./answers.ts";
import type { OpenStreams } from "./results.ts";
import type { Extent } from "./rounds.ts";
import type { Stage } from "./stage.ts";
import { askOnce, requestOf, type Target } from "./targets.ts";

/** Streams opened before, so one-time allocations are not counted. */
const warmUpStreams = 20;

/** @param signal is checked between measurements. */
export async function measureOpenStreams(
  stage: Stage,
  extent: Extent,
  signal: AbortSignal,
): Promise<OpenStreams[]> {
  const { openStreams: streams, rampMs } = extent;
  const bytesOf = async (kind: AnswerKind) => Buffer.byteLength(await askOnce(stage.direct, kind));
  const answerBytes = { paced: await bytesOf("paced"), steady: await bytesOf("steady") };
  const { targets, inspector } = await stage.startInspectable();

  const run = async (target: Target, whileOpen?: () => Promise<void>) => {
    const request = requestOf(target, "steady", answerBytes.steady);
    await stage.streams.ask({ kind: "open", plan: { request, streams, rampMs } });
    await whileOpen?.();
    const result = await stage.streams.ask({ kind: "finish" });
    signal.throwIfAborted();
    return result;
  };
  /** Measures the heap in a separate run, because a garbage collection stops the gateway for a while. */
  const heapOf = async (target: Target) => {
    const request = requestOf(target, "paced", answerBytes.paced);
    const plan = { request, streams: warmUpStreams, rampMs: 0 };
    await stage.streams.ask({ kind: "open", plan });
    await stage.streams.ask({ kind: "finish" });
    const before = await settledHeapBytes(inspector);
    let open = 0;
    await run(target, async () => {
      open = await inspector.heapUsedBytes();
    });
    return { before, open, after: await settledHeapBytes(inspector) };
  };
  const results: OpenStreams[] = [];
  for (const target of [stage.direct, targets.emptyPlugin, targets.virtualKey]) {
    console.error(`${streams} open streams: ${target.name}`);
    const heapBytes = target === stage.direct ? undefined : await heapOf(target);
    results.push({
      target: target.name,
      kind: "steady",
      streams,
      ...(await run(target)),
      ...(heapBytes === undefined ? {} : { heapBytes }),
    });
  }
  inspector.close();
  return results;
}

/** Collects twice, because one collection may not free everything. */
async function settledHeapBytes(inspector: Inspector): Promise<number> {
  await inspector.heapUsedBytes();
  await new Promise((resolve) => setTimeout(resolve, 500));
  return inspector.heapUsedBytes();
}
