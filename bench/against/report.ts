/** A comparison of two builds as a Markdown page, and as JSON. */
import { type MachineConditions, machineText } from "../conditions.ts";
import type { Interval } from "../median.ts";
import { lines } from "../results.ts";
import { settleMs } from "../extent.ts";
import { table } from "../table.ts";
import { benchCases } from "./cases.ts";
import { type Figure, type MetricName, metricNames, metrics, tolerance } from "./figures.ts";
import type { AgainstExtent, BuildMeasurement } from "./rounds.ts";

export interface AgainstRun {
  readonly conditions: AgainstConditions;
  readonly figures: readonly Figure[];
  readonly measurements: readonly BuildMeasurement[];
}

interface AgainstConditions extends MachineConditions {
  /** The commit that this project's state is compared with. */
  readonly against: string;
  readonly extent: AgainstExtent;
  readonly durationMinutes: number;
}

/** What a stream with a session and a budget must reach. */
const wantedSpeedup = 1.3;
const spedUpCases = ["limitedKey-light-session-burst", "limitedKey-light-session-packet"];

/** @param resultsFile where the numbers are, beside this page. */
export function report(run: AgainstRun, resultsFile: string): string {
  const { conditions, figures } = run;
  const { extent } = conditions;
  return `# This project at ${conditions.commit} against ${conditions.against}

Written by \`npm run bench -- --against ${conditions.against}\` on ${conditions.date}. All numbers are in \`${resultsFile}\`.

${goalTable(figures)}

${figureTable(figures)}

Each number is what the later build needs or reaches as a multiple of the earlier one: the median of ${extent.starts * extent.roundsPerStart} rounds, and in brackets where that median is with 95 % confidence. **Bold**: worse by more than ${percent(tolerance)}, and the noise does not explain it. With a question mark: the noise is too large to say.

${machineText(conditions)} The released host runs twice, with the build as the only difference, and is started ${extent.starts} times, so that the luck of one process does not decide. In each round every case is measured for ${extent.durationMs} ms at 1 and at 16 connections, the two builds one right after the other in an order that chance picks, with pauses of ${settleMs} ms; the order of the cases changes, too. CPU time is that of the gateway's threads. Requests/s are those of gateway, provider and load together, which share the cores, so that they show less of a difference than CPU time does. The key's limits are never reached. A session belongs to a connection, and the client sends the conversation with each turn. The run took ${conditions.durationMinutes.toFixed(0)} minutes.

${failureText(run)}
`;
}

function goalTable(figures: readonly Figure[]): string {
  const worse = figures.filter(({ verdict }) => verdict === "worse").length;
  const unclear = figures.filter(({ verdict }) => verdict === "unclear").length;
  return table(
    ["Goal", "Wanted", "Measured", ""],
    [
      [
        `figures worse by more than ${percent(tolerance)}, beyond their noise`,
        "none",
        `${worse} of ${figures.length}; ${unclear} too noisy to say`,
        met(worse === 0, worse === 0 && unclear > 0),
      ],
      ...spedUpCases.map((name) => {
        const figure = figures.find(
          (one) => one.case === name && one.metric === "requestsPerSecond",
        );
        return [
          `${titleOf(name)}: requests/s`,
          `at least ${wantedSpeedup}×`,
          figure === undefined ? "not measured" : ratioText(figure),
          figure === undefined
            ? ""
            : met(figure.ratio >= wantedSpeedup, isWithin(wantedSpeedup, figure.interval)),
        ];
      }),
    ],
  );
}

function figureTable(figures: readonly Figure[]): string {
  const cases = benchCases.filter(({ name }) => figures.some((figure) => figure.case === name));
  return table(
    ["Case", ...metricNames.map((metric) => metrics[metric].title)],
    cases.map(({ name, title }) =>
      [title].concat(metricNames.map((metric) => cell(figures, { name, metric }))),
    ),
  );
}

function cell(
  figures: readonly Figure[],
  { name, metric }: { readonly name: string; readonly metric: MetricName },
): string {
  const figure = figures.find((one) => one.case === name && one.metric === metric);
  if (figure === undefined) {
    return "-";
  }
  const text = ratioText(figure);
  const marks = { worse: `**${text}**`, unclear: `${text} ?`, held: text };
  return marks[figure.verdict];
}

function ratioText({ ratio, interval }: Figure): string {
  return `${ratio.toFixed(2)}× (${interval.low.toFixed(2)} to ${interval.high.toFixed(2)})`;
}

function failureText({ measurements }: AgainstRun): string {
  const failures = measurements.filter((one) => one.failures > 0);
  const requests = measurements.reduce((sum, one) => sum + one.requests, 0);
  return failures.length === 0
    ? `All ${requests} answers were whole.`
    : table(
        ["Build", "Case", "Connections", "Round", "Failures"],
        failures.map((one) => [
          one.build,
          titleOf(one.case),
          String(one.concurrency),
          String(one.round),
          String(one.failures),
        ]),
      );
}

function titleOf(name: string): string {
  return benchCases.find((benched) => benched.name === name)?.title ?? name;
}

/** @param isUnsure whether the noise allows for the contrary. */
function met(isMet: boolean, isUnsure: boolean): string {
  const verdict = isMet ? "met" : "**missed**";
  return isUnsure ? `${verdict}, within the noise` : verdict;
}

function isWithin(value: number, { low, high }: Interval): boolean {
  return low < value && value < high;
}

function percent(share: number): string {
  return `${share * 100} %`;
}

/** The run as JSON, with a line for each figure and each measurement. */
export function toJson({ conditions, figures, measurements }: AgainstRun): string {
  return `{
"about": ${JSON.stringify(conditions)},
"figures": ${lines(figures)},
"measurements": ${lines(measurements)}
}
`;
}
