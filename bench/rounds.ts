/** Runs the measurements in order. */
import { type ComparedKind, comparedKinds } from "./answers.ts";
import { type Extent, settleMs } from "./extent.ts";
import { watch } from "./meter.ts";
import { balancedOrders } from "./orders.ts";
import type { Measurement } from "./results.ts";
import type { Stage, StagedTarget } from "./stage.ts";

interface Block {
  readonly staged: StagedTarget;
  readonly kind: ComparedKind;
  readonly concurrency: number;
  /** The number of the round, from 1; 0 is the warm-up. */
  readonly round: number;
}

/**
 * Measures all targets in interleaved rounds, after a warm-up that does not count.
 * @param signal is checked between measurements.
 * @throws the signal's reason if it is aborted.
 */
export async function measureInRounds(
  stage: Stage,
  extent: Extent,
  signal: AbortSignal,
): Promise<Measurement[]> {
  const { warmUpMs, rounds, concurrencies, durationsMs } = extent;
  const measure = async ({ staged, kind, concurrency, round }: Block) => {
    const { target, requests } = staged;
    const durationMs = round === 0 ? warmUpMs : durationsMs[kind];
    const used = watch(target.pid);
    const result = await stage.measure({ ...requests[kind], concurrency, durationMs });
    const usage = used();
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    signal.throwIfAborted();
    return {
      target: target.name,
      kind,
      concurrency,
      round,
      ...result,
      ...(usage === undefined ? {} : { usage }),
    };
  };

  console.error("warm-up");
  for (const staged of stage.targets) {
    for (const kind of ["json", "burst", "packet"] as const) {
      await measure({ staged, kind, concurrency: 16, round: 0 });
    }
  }
  const core = stage.targets.filter(({ target }) => target.name === "core");
  const others = stage.targets.filter(({ target }) => target.name !== "core");
  const orders = balancedOrders(others.length);
  const measurements: Measurement[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    console.error(`round ${round} of ${rounds}`);
    const order = orders[(round - 1) % orders.length]?.flatMap((at) => others[at] ?? []) ?? [];
    const inTurn = isDue(round, extent.roundsPerCoreRound) ? [...order, ...core] : order;
    for (const kind of comparedKinds) {
      if (kind === "paced" && !isDue(round, extent.roundsPerPacedRound)) {
        continue;
      }
      for (const concurrency of concurrencies) {
        for (const staged of inTurn) {
          measurements.push(await measure({ staged, kind, concurrency, round }));
        }
      }
    }
  }
  return measurements;
}

/** True for the first round and every `step` rounds after it. */
function isDue(round: number, step: number): boolean {
  return (round - 1) % step === 0;
}
