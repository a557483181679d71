/** CPU profiles of the relay under load: which functions its thread spends its time in. */
import { mkdirSync, writeFileSync } from "node:fs";
import {
  type CpuProfile,
  inspect,
  inspectable,
  type Inspected,
} from "../test/support/inspector.ts";
import type { ComparedKind } from "./answers.ts";
import { workerScript } from "./relay-gateway.ts";
import type { Ground } from "./stage.ts";
import { table } from "./table.ts";
import { askOnce, requestOf } from "./targets.ts";

export interface ProfilesExtent {
  readonly warmUpMs: number;
  readonly durationMs: number;
}

const kinds: readonly ComparedKind[] = ["json", "burst", "packet"];
const concurrency = 16;
const samplingIntervalUs = 200;
const shownFunctions = 25;

/**
 * Profiles the gateway's thread and the worker's, for each kind of answer by itself, on the listener or, without one, on the gateway's
 * route for virtual keys. The inspector starts and ends each profile, because `--cpu-prof` has the start of the gateway in it.
 * @param folder where the profiles are written, for a browser's developer tools.
 * @returns a table for each kind.
 */
export async function profileRelay(
  { startRelay, measure }: Ground,
  { warmUpMs, durationMs }: ProfilesExtent,
  folder: URL,
): Promise<string> {
  const gateway = await startRelay({ env: inspectable });
  const inspector = await inspect(gateway);
  const worker = await inspector.worker(workerScript);
  const threads = { gateway: inspector, ...(worker && { worker }) };
  const { listener, virtualKey } = gateway.targets;
  const target = listener ?? virtualKey;
  mkdirSync(folder, { recursive: true });
  const pages: string[] = [];
  for (const kind of kinds) {
    console.error(`profile: ${target.name}, ${kind}`);
    const answerBytes = Buffer.byteLength(await askOnce(target, kind));
    const request = { ...requestOf(target, kind, answerBytes), concurrency };
    await measure({ ...request, durationMs: warmUpMs });
    const stop = await startProfiles(threads);
    const { requests } = await measure({ ...request, durationMs });
    for (const [thread, profile] of await stop()) {
      writeFileSync(new URL(`${kind}-${thread}.cpuprofile`, folder), JSON.stringify(profile));
      pages.push(
        `## ${target.title}, ${kind}: the ${thread}'s thread\n\n${selfTimeTable(profile, requests)}`,
      );
    }
  }
  inspector.close();
  await gateway.close();
  return pages.join("\n\n");
}

async function startProfiles(threads: Readonly<Record<string, Inspected>>) {
  const running: (readonly [string, () => Promise<CpuProfile>])[] = [];
  for (const [name, thread] of Object.entries(threads)) {
    running.push([name, await thread.startProfile(samplingIntervalUs)]);
  }
  return () => Promise.all(running.map(async ([name, stop]) => [name, await stop()] as const));
}

/** Time that the thread spent in a function itself, without those that it called. */
export interface SelfTime {
  /** The function's name and place. */
  readonly name: string;
  readonly timeUs: number;
}

/** The functions of a profile, the longest first. The thread's idle time is not one. */
export function selfTimes({ nodes, samples = [], timeDeltas = [] }: CpuProfile): SelfTime[] {
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => {
      const place = url === "" ? "" : ` ${url.split("/").slice(-2).join("/")}:${lineNumber + 1}`;
      return [id, `${functionName || "(anonymous)"}${place}`];
    }),
  );
  const times = new Map<string, number>();
  for (const [at, node] of samples.entries()) {
    const name = names.get(node) ?? "(unknown)";
    // A sample lasts until the next one.
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[at + 1] ?? 0));
  }
  times.delete("(idle)");
  return [...times]
    .map(([name, timeUs]) => ({ name, timeUs }))
    .sort((left, right) => right.timeUs - left.timeUs);
}

function selfTimeTable(profile: CpuProfile, requests: number): string {
  const times = selfTimes(profile);
  const busyUs = times.reduce((sum, { timeUs }) => sum + timeUs, 0);
  const elapsedUs = (profile.timeDeltas ?? []).reduce((sum, deltaUs) => sum + deltaUs, 0);
  const rows = times
    .slice(0, shownFunctions)
    .map(({ name, timeUs }) => [
      `${((timeUs / busyUs) * 100).toFixed(1)} %`,
      (timeUs / requests).toFixed(2),
      name,
    ]);
  return `Busy ${((busyUs / elapsedUs) * 100).toFixed(0)} % of ${(elapsedUs / 1e6).toFixed(1)} s, ${requests.toLocaleString("en")} requests.

${table(["Of the busy time", "us/request", "Function"], rows)}`;
}
