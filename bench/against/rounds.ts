/** Measures two builds in interleaved rounds. */
import { settleMs } from "../extent.ts";
import { watchThreads } from "../meter.ts";
import { shuffled } from "../orders.ts";
import { type BenchCase, benchCases } from "./cases.ts";
import { type BuildName, buildNames, type BuildStage } from "./stage.ts";

/** How much is measured. */
export interface AgainstExtent {
  /** Of each case in each build at 16 connections, after each start; it does not count. */
  readonly warmUpMs: number;
  /** How often both gateways are started anew, so that the luck of one process does not decide. */
  readonly starts: number;
  readonly roundsPerStart: number;
  /** For how long requests are begun in one measurement. */
  readonly durationMs: number;
}

/** One case in one build in one round. */
export interface BuildMeasurement {
  readonly build: BuildName;
  /** Its name. */
  readonly case: string;
  readonly concurrency: number;
  readonly round: number;
  readonly requests: number;
  readonly failures: number;
  readonly elapsedMs: number;
  readonly firstByteP50Ms: number;
  /** Of the gateway; nothing where the system does not tell. */
  readonly cpuMs?: number;
}

const concurrencies = [1, 16] as const;

/**
 * The rounds of one start. The two builds are measured one right after the other, in an order that chance picks, so that what slows the machine
 * down meets both alike.
 * @param start the first is 1.
 * @param signal is checked between measurements.
 * @throws the signal's reason when it is aborted.
 */
export async function measureBuilds(
  stage: BuildStage,
  { extent, start }: { readonly extent: AgainstExtent; readonly start: number },
  signal: AbortSignal,
): Promise<BuildMeasurement[]> {
  const { warmUpMs, starts, roundsPerStart, durationMs } = extent;
  const measure = async (setting: Setting) => {
    const { build, benched, concurrency, round } = setting;
    const staged = stage.builds.get(build);
    const request = staged?.requests.get(benched.name);
    if (staged === undefined || request === undefined) {
      throw new Error(`${benched.name} of ${build} is not on the stage`);
    }
    const used = watchThreads(staged.pid);
    const result = await stage.measure({
      ...request,
      concurrency,
      durationMs: round === 0 ? warmUpMs : durationMs,
    });
    const cpuMs = used();
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    signal.throwIfAborted();
    return {
      build,
      case: benched.name,
      concurrency,
      round,
      requests: result.requests,
      failures: result.failures,
      elapsedMs: result.elapsedMs,
      firstByteP50Ms: rounded(result.firstByteP50Ms),
      ...(cpuMs === undefined ? {} : { cpuMs: rounded(cpuMs) }),
    };
  };
  const inBoth = async (setting: Omit<Setting, "build">) => {
    const results: BuildMeasurement[] = [];
    for (const build of shuffled(buildNames)) {
      results.push(await measure({ ...setting, build }));
    }
    return results;
  };

  console.error("warm-up");
  for (const benched of benchCases) {
    await inBoth({ benched, concurrency: 16, round: 0 });
  }
  const settings = benchCases.flatMap((benched) =>
    concurrencies.map((concurrency) => ({ benched, concurrency })),
  );
  const measurements: BuildMeasurement[] = [];
  for (let inStart = 1; inStart <= roundsPerStart; inStart += 1) {
    const round = (start - 1) * roundsPerStart + inStart;
    console.error(`round ${round} of ${starts * roundsPerStart}`);
    for (const setting of shuffled(settings)) {
      measurements.push(...(await inBoth({ ...setting, round })));
    }
  }
  return measurements;
}

/** What is measured next. */
interface Setting {
  readonly build: BuildName;
  readonly benched: BenchCase;
  readonly concurrency: number;
  /** The first is 1; the warm-up is 0. */
  readonly round: number;
}

/** To a tenth of a microsecond. */
function rounded(timeMs: number): number {
  return Math.round(timeMs * 1e4) / 1e4;
}
