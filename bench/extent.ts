/** How much a run measures. */
import type { AnswerKind, ComparedKind } from "./answers.ts";
import type { TargetName } from "./targets.ts";

export interface Extent {
  /** The warm-up of each target, for JSON and for streams at concurrency 16, before the first round. */
  readonly warmUpMs: number;
  readonly rounds: number;
  readonly concurrencies: readonly number[];
  /** How long one measurement starts new requests. */
  readonly durationsMs: Readonly<Record<ComparedKind, number>>;
  /** Paced streams are slow, so they run only in the first round and every so many rounds after it. */
  readonly roundsPerPacedRound: number;
  /** Core is about a hundred times slower than the others, so its differences show in fewer rounds. */
  readonly roundsPerCoreRound: number;
  readonly besideAgents: BesideAgentsExtent;
  readonly openStreams: readonly OpenStreamsExtent[];
  /** How often a gateway is started with our plugin, and as often without. */
  readonly starts: number;
}

export interface BesideAgentsExtent {
  readonly rounds: number;
  /** The numbers of agent turns that are under way at any time. */
  readonly agents: readonly number[];
  readonly perSecond: number;
  /** How long one target is measured in one round beside one number of agents. */
  readonly durationMs: number;
}

/** How many streams are open at once, and which. */
export interface OpenStreamsExtent {
  readonly kind: AnswerKind;
  readonly streams: number;
  /** The time over which they are started. */
  readonly rampMs: number;
  readonly targets: readonly TargetName[];
  /** What is measured: the heap of the gateway's thread and of the worker's, or the memory of the whole process. */
  readonly memory: "heap" | "rss";
}

/** A pause, so remaining work of one target is not charged to the next one. */
export const settleMs = 100;

export const fullExtent: Extent = {
  warmUpMs: 1500,
  rounds: 10,
  concurrencies: [1, 16, 64],
  durationsMs: { json: 450, burst: 450, packet: 450, paced: 600 },
  roundsPerPacedRound: 5,
  roundsPerCoreRound: 5,
  besideAgents: { rounds: 3, agents: [0, 1, 4], perSecond: 20, durationMs: 6000 },
  openStreams: [
    {
      kind: "steady",
      streams: 1000,
      rampMs: 2500,
      targets: ["direct", "emptyPlugin", "listener", "virtualKey"],
      memory: "heap",
    },
    {
      kind: "sparse",
      streams: 5000,
      rampMs: 10_000,
      targets: ["direct", "listener"],
      memory: "rss",
    },
  ],
  starts: 6,
};

export const quickExtent: Extent = {
  warmUpMs: 200,
  rounds: 1,
  concurrencies: [1, 16],
  durationsMs: { json: 200, burst: 200, packet: 200, paced: 100 },
  roundsPerPacedRound: 1,
  roundsPerCoreRound: 1,
  besideAgents: { rounds: 1, agents: [0, 1, 4], perSecond: 20, durationMs: 1000 },
  openStreams: [
    { kind: "steady", streams: 1000, rampMs: 1000, targets: ["listener"], memory: "heap" },
    { kind: "sparse", streams: 5000, rampMs: 10_000, targets: ["listener"], memory: "rss" },
  ],
  starts: 1,
};
