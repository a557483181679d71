/** The benchmark's results as a Markdown page. */
import { type Block, roundsPerCoreRound, settleMs } from "./rounds.ts";
import { type Summary, summarize, throughputShare } from "./statistics.ts";
import { table } from "./table.ts";
import { type AnswerKind, type TargetName, targetNames } from "./targets.ts";

/** What the numbers depend on. */
export interface Conditions {
  readonly date: string;
  readonly nodeVersion: string;
  readonly hostVersion: string;
  readonly cores: number;
  readonly rounds: number;
  readonly durationsMs: Readonly<Record<TargetName, number>>;
}

type Summaries = Readonly<Record<TargetName, Summary>>;

interface SummarizedBlock extends Block {
  readonly summaries: Summaries;
}

const titles: Record<TargetName, string> = {
  direct: "direct",
  empty: "empty route",
  ours: "ours",
  light: "ours, light",
  core: "core",
};

const kindTitles: Record<AnswerKind, string> = { json: "JSON", stream: "stream" };

/** The targets of the project: for what we add to the empty route, and for our share of its throughput. */
const maxAddedMs = 0.5;
const minThroughputShare = 0.9;
/** The target for what light mode adds to passthrough. */
const maxLightMs = 1.5;

export function report(blocks: readonly Block[], conditions: Conditions): string {
  const summarized = blocks.map(({ kind, concurrency, results }) => ({
    kind,
    concurrency,
    results,
    summaries: {
      direct: summarize(results.direct),
      empty: summarize(results.empty),
      ours: summarize(results.ours),
      light: summarize(results.light),
      core: summarize(results.core),
    },
  }));
  const { date, nodeVersion, hostVersion, cores, rounds, durationsMs } = conditions;
  return `# Benchmark

Written by \`npm run bench\` on ${date}: Node ${nodeVersion}, OpenClaw ${hostVersion}, ${cores} cores. Run that command to measure again.

- **direct**: the client calls the provider, which answers at once.
- **empty route**: a route of a plugin in the gateway that reads the request and answers the same bytes by itself. The gateway authenticates it as it does ours, so this is the gateway's own cost.
- **ours**: \`/v1/chat/completions\` of this plugin, mode \`passthrough\`, in the same gateway.
- **ours, light**: the same, mode \`light\`, for an agent with a SOUL.md of two lines.
- **core**: \`/v1/chat/completions\` of OpenClaw itself, in a second gateway. It runs an agent turn.

The load, the provider and the gateways are processes of their own on one machine. A connection sends its next request when it has the whole answer. Every answer is checked for its status and its length. Rounds: ${rounds}, after a warm-up that does not count; the order changes from round to round. In each, every line is measured for ${seconds(durationsMs.ours)} (direct ${seconds(durationsMs.direct)}, core ${seconds(durationsMs.core)} in every ${roundsPerCoreRound}th round), with a pause of ${seconds(settleMs)} before the next. Latencies are pooled over the rounds; requests a second are the median of the rounds. In brackets: the ratio to direct.

${resultTable(summarized)}

Core answers few requests in the time, so that its p99 is hardly more than its slowest one.

## What we add

Added = p50(ours) − p50(empty route) − p50(direct). The empty route calls no provider, so the provider's round trip is taken off; the column "difference" is without that. The target is under ${maxAddedMs} ms at concurrency 1. At concurrency 16 a request waits for the ones before it, and what counts is the throughput.

${addedTable(summarized)}

## What light adds

p50(ours, light) − p50(ours), at concurrency 1. The target is under ${maxLightMs} ms.

${lightTable(summarized)}

## Throughput

Requests a second at concurrency 16, as a share of the empty route's. The share is taken in each round; the target, at least ${percent(minThroughputShare)}, is for the median of the rounds.

${throughputTable(summarized)}
`;
}

function resultTable(blocks: readonly SummarizedBlock[]): string {
  return table(
    [
      "Answer",
      "Concurrency",
      "Target",
      "Requests",
      "p50 ms",
      "p99 ms",
      "First byte p50 ms",
      "Requests/s",
    ],
    blocks.flatMap(({ kind, concurrency, summaries }) =>
      targetNames.map((name) => {
        const own = summaries[name];
        const { direct } = summaries;
        return [
          kindTitles[kind],
          String(concurrency),
          titles[name],
          String(own.requests),
          `${own.p50Ms.toFixed(2)} (${ratio(own.p50Ms, direct.p50Ms)})`,
          `${own.p99Ms.toFixed(2)} (${ratio(own.p99Ms, direct.p99Ms)})`,
          `${own.firstByteP50Ms.toFixed(2)} (${ratio(own.firstByteP50Ms, direct.firstByteP50Ms)})`,
          `${own.requestsPerSecond.toFixed(own.requestsPerSecond < 100 ? 1 : 0)} (${ratio(own.requestsPerSecond, direct.requestsPerSecond)})`,
        ];
      }),
    ),
  );
}

function addedTable(blocks: readonly SummarizedBlock[]): string {
  return table(
    ["Answer", "Concurrency", "Added ms", "Difference ms", "Target"],
    blocks.map(({ kind, concurrency, summaries: { direct, empty, ours } }) => {
      const differenceMs = ours.p50Ms - empty.p50Ms;
      const addedMs = differenceMs - direct.p50Ms;
      return [
        kindTitles[kind],
        String(concurrency),
        addedMs.toFixed(2),
        differenceMs.toFixed(2),
        concurrency === 1 ? verdict(addedMs < maxAddedMs) : "none",
      ];
    }),
  );
}

function lightTable(blocks: readonly SummarizedBlock[]): string {
  return table(
    ["Answer", "Added ms", "Target"],
    blocks
      .filter(({ concurrency }) => concurrency === 1)
      .map(({ kind, summaries: { ours, light } }) => {
        const addedMs = light.p50Ms - ours.p50Ms;
        return [kindTitles[kind], addedMs.toFixed(2), verdict(addedMs < maxLightMs)];
      }),
  );
}

function throughputTable(blocks: readonly SummarizedBlock[]): string {
  return table(
    ["Answer", "Ours", "Empty route", "Share", "Lowest round", "Highest round", "Target"],
    blocks
      .filter(({ concurrency }) => concurrency === 16)
      .map(({ kind, results, summaries: { empty, ours } }) => {
        const { median, lowest, highest } = throughputShare(results.ours, results.empty);
        return [
          kindTitles[kind],
          ours.requestsPerSecond.toFixed(0),
          empty.requestsPerSecond.toFixed(0),
          percent(median, 1),
          percent(lowest, 1),
          percent(highest, 1),
          verdict(median >= minThroughputShare),
        ];
      }),
  );
}

function verdict(isMet: boolean): string {
  return isMet ? "met" : "missed";
}

function seconds(durationMs: number): string {
  return `${durationMs / 1000} s`;
}

function percent(share: number, decimals = 0): string {
  return `${(share * 100).toFixed(decimals)} %`;
}

/** Two significant digits. */
function ratio(value: number, reference: number): string {
  const times = value / reference;
  return `${times >= 100 ? times.toFixed(0) : times.toPrecision(2)}×`;
}
