/** The results of a run: everything that the report needs, as stored in git. */
import type { AnswerKind, ComparedKind } from "./answers.ts";
import type { MachineConditions } from "./conditions.ts";
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
  /** The gateway's heap after a garbage collection: before the streams, with all of them open, and after their end. */
  readonly heapBytes?: { readonly before: number; readonly open: number; readonly after: number };
}

/** The run as JSON, with one line per measurement. */
export function toJson({ measurements, openStreams, ...rest }: BenchRun): string {
  return `{
"about": ${JSON.stringify(rest)},
"measurements": ${lines(measurements)},
"openStreams": ${lines(openStreams)}
}
`;
}

/** A list with a line for each value. */
export function lines(values: readonly object[]): string {
  return `[\n${values.map((value) => JSON.stringify(value)).join(",\n")}\n]`;
}

/** @param json the output of `toJson`. */
export function fromJson(json: string): BenchRun {
  const { about, measurements, openStreams } = JSON.parse(json);
  return { ...about, measurements, openStreams };
}
