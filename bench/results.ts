/** The results of a run: everything that the report needs, as stored in git. */
import type { AgentTurns } from "./agent-turns.ts";
import type { AnswerKind, ComparedKind } from "./answers.ts";
import type { MachineConditions } from "./conditions.ts";
import type { Extent } from "./extent.ts";
import type { LoadResult } from "./load.ts";
import type { Usage } from "./meter.ts";
import type { StreamsResult } from "./open-streams-load.ts";
import type { SteadyResult } from "./steady-load.ts";
import type { TargetName } from "./targets.ts";

export interface BenchRun {
  readonly conditions: Conditions;
  readonly targets: readonly Present[];
  readonly absent: readonly Absent[];
  readonly measurements: readonly Measurement[];
  readonly openStreams: readonly OpenStreams[];
  readonly besideAgents: readonly BesideAgents[];
  readonly agentTurns: readonly TurnsUnderWay[];
  readonly starts: readonly Start[];
}

/** What the numbers depend on. */
interface Conditions extends MachineConditions {
  readonly extent: Extent;
  readonly durationMinutes: number;
}

interface Present {
  readonly name: TargetName;
  readonly title: string;
}

export interface Absent extends Present {
  readonly reason: string;
}

/** One target with one kind of answer in one round. */
export interface Measurement extends LoadResult {
  readonly target: TargetName;
  readonly kind: ComparedKind;
  readonly concurrency: number;
  readonly round: number;
  /** The usage of the target's processes; undefined if the system does not report it. */
  readonly usage?: Usage;
}

/** Many concurrently open paced streams through one target. */
export interface OpenStreams extends StreamsResult {
  readonly target: TargetName;
  readonly kind: AnswerKind;
  readonly streams: number;
  /** The heap of the gateway's thread after a garbage collection. */
  readonly heapBytes?: Growth;
  /** The same of the worker's thread. */
  readonly workerHeapBytes?: Growth;
  /** What the target's process holds in memory; `open` is its peak. */
  readonly rssBytes?: Growth;
}

/** Before the streams, with all of them open, and after their end. */
export interface Growth {
  readonly before: number;
  readonly open: number;
  readonly after: number;
}

/** One target beside a number of agent turns in one round. */
export interface BesideAgents extends SteadyResult {
  readonly target: TargetName;
  /** The target's, because not every target here is one of the rounds. */
  readonly title: string;
  readonly agents: number;
  readonly round: number;
}

/** The agents' own turns in one round. */
export interface TurnsUnderWay extends AgentTurns {
  readonly agents: number;
  readonly round: number;
}

/** One start of a gateway, with our plugin or without. */
export interface Start {
  readonly withPlugin: boolean;
  readonly round: number;
  /** From the gateway's first log line to the one that says it is ready. */
  readonly readyAfterMs: number;
  /** Some seconds later; undefined if the system does not report it. */
  readonly residentBytes?: number;
  /** What the relay reports; undefined without a worker. */
  readonly workerStartedInMs?: number;
}

/** The run as JSON, with one line per measurement. */
export function toJson(run: BenchRun): string {
  const { measurements, openStreams, besideAgents, agentTurns, starts, ...rest } = run;
  return `{
"about": ${JSON.stringify(rest)},
"measurements": ${lines(measurements)},
"openStreams": ${lines(openStreams)},
"besideAgents": ${lines(besideAgents)},
"agentTurns": ${lines(agentTurns)},
"starts": ${lines(starts)}
}
`;
}

/** A list with a line for each value. */
export function lines(values: readonly object[]): string {
  return `[\n${values.map((value) => JSON.stringify(value)).join(",\n")}\n]`;
}

/** @param json the output of `toJson`; runs before November 22, 2026 lack the last three lists. */
export function fromJson(json: string): BenchRun {
  const { about, ...lists } = JSON.parse(json);
  return { besideAgents: [], agentTurns: [], starts: [], ...about, ...lists };
}
