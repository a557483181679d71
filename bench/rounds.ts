/** The order of the measurements, and their making. */
import type { LoadResult } from "./load.ts";
import type { Stage } from "./stage.ts";
import { type AnswerKind, answerKinds, type TargetName, targetNames } from "./targets.ts";

const concurrencies = [1, 16] as const;

/** One block of the table: what is compared within it was measured side by side. */
export interface Block {
  readonly kind: AnswerKind;
  readonly concurrency: number;
  /** One result for each round; core has fewer. */
  readonly results: Readonly<Record<TargetName, LoadResult[]>>;
}

export interface RoundsOptions {
  readonly rounds: number;
  /** How long one measurement of a target takes. */
  readonly durationsMs: Readonly<Record<TargetName, number>>;
  /** Checked between measurements. */
  readonly signal: AbortSignal;
}

/** Each target stands in each place, and comes after each other one, equally often. */
const orders: readonly (readonly TargetName[])[] = [
  ["direct", "empty", "light", "ours"],
  ["empty", "ours", "direct", "light"],
  ["ours", "light", "empty", "direct"],
  ["light", "direct", "ours", "empty"],
];

/** Core is some hundred times slower than the others, so that its differences show in fewer rounds: the first, the fifth, … */
export const roundsPerCoreRound = 4;

/** A pause, so that what one target still has to do is not counted as the next one's. */
export const settleMs = 150;

/**
 * Measures all targets in interleaved rounds, after one round that does not count.
 * @throws Error when a request fails; the signal's reason when it is aborted.
 */
export async function measureInRounds(stage: Stage, options: RoundsOptions): Promise<Block[]> {
  const { rounds, durationsMs, signal } = options;
  const blocks = emptyBlocks();
  const measureRound = async (order: readonly TargetName[], keep: boolean) => {
    for (const { kind, concurrency, results } of blocks) {
      for (const name of order) {
        const durationMs = durationsMs[name];
        const plan = { ...stage.targets[name][kind], concurrency, durationMs };
        const result = await stage.measure(plan).catch((cause: Error) => {
          throw new Error(`${name}, ${kind}, concurrency ${concurrency}: ${cause.message}`, {
            cause,
          });
        });
        if (keep) {
          results[name].push(result);
        }
        await new Promise((resolve) => setTimeout(resolve, settleMs));
        signal.throwIfAborted();
      }
    }
  };
  console.error("warm-up");
  await measureRound(targetNames, false);
  for (let round = 1; round <= rounds; round += 1) {
    console.error(`round ${round} of ${rounds}`);
    await measureRound(orderOf(round), true);
  }
  return blocks;
}

/** @param round counts from 1. */
function orderOf(round: number): readonly TargetName[] {
  const order = orders[(round - 1) % orders.length] ?? [];
  return (round - 1) % roundsPerCoreRound === 0 ? [...order, "core"] : order;
}

function emptyBlocks(): Block[] {
  return answerKinds.flatMap((kind) =>
    concurrencies.map((concurrency) => ({
      kind,
      concurrency,
      results: { direct: [], empty: [], ours: [], light: [], core: [] },
    })),
  );
}
