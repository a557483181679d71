/** What a run has measured: all that the report is made of, and what git keeps of it. */
import type { AnswerKind, ComparedKind } from "./answers.ts";
import type { LoadResult } from "./load.ts";
import type { Usage } from "./meter.ts";
import type { StreamsResult } from "./open-streams-load.ts";
import type { Extent } from "./rounds.ts";
import type { TargetName } from "./targets.ts";

export interface BenchRun {
  readonly conditions: Conditions;
  readonly targets: readonly Present[];
  readonly absent: readonly Absent[];
  readonly measurements: readonly Measurement[];
  readonly openStreams: readonly OpenStreams[];
}

/** What the numbers depend on. */
export interface Conditions {
  readonly date: string;
  /** Of this project; with `+` when files differ from it. */
  readonly commit: string;
  readonly nodeVersion: string;
  readonly hostVersion: string;
  readonly loadTitle: string;
  readonly cpuModel: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  /** Over the minute before the run: what else the machine was doing. */
  readonly loadAverage: number;
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

/** One target, asked for one kind of answer in one round. */
export interface Measurement extends LoadResult {
  readonly target: TargetName;
  readonly kind: ComparedKind;
  readonly concurrency: number;
  readonly round: number;
  /** Of the target's processes; nothing where the system does not tell. */
  readonly usage?: Usage;
}

/** Many paced streams open at once, through one target. */
export interface OpenStreams extends StreamsResult {
  readonly target: TargetName;
  readonly kind: AnswerKind;
  readonly streams: number;
  /** Of the gateway, after a garbage collection: without these streams, with all of them open, when they have ended. */
  readonly heapBytes?: { readonly before: number; readonly open: number; readonly after: number };
}

/** The run as JSON, with a line for each measurement. */
export function toJson({ measurements, openStreams, ...rest }: BenchRun): string {
  return `{
"about": ${JSON.stringify(rest)},
"measurements": ${lines(measurements)},
"openStreams": ${lines(openStreams)}
}
`;
}

function lines(values: readonly object[]): string {
  return `[\n${values.map((value) => JSON.stringify(value)).join(",\n")}\n]`;
}

/** @param json as `toJson` has made it. */
export function fromJson(json: string): BenchRun {
  const { about, measurements, openStreams } = JSON.parse(json);
  return { ...about, measurements, openStreams };
}
