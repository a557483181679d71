/** A run as a Markdown page. */
import { shapes } from "./answers.ts";
import { machineText } from "./conditions.ts";
import { judge, kindTitles } from "./goals.ts";
import {
  failures,
  openStreamsTable,
  pacedTable,
  resultTable,
  shortTable,
} from "./report-tables.ts";
import type { BenchRun } from "./results.ts";
import { settleMs } from "./rounds.ts";
import { statisticsOf } from "./statistics.ts";
import { table } from "./table.ts";

/** @param resultsFile the file with the numbers, relative to the project. */
export function report(run: BenchRun, resultsFile: string): string {
  const measured = { ...run, statistics: statisticsOf(run.measurements) };
  return `# Benchmark

\`npm run bench\` wrote this page on ${run.conditions.date}. Run it to measure again. The repository has all numbers of the run in \`${resultsFile}\`.

## Targets

${verdictTable(run)}

A time is the difference of two quantiles. A share is the median of the rounds, with the lowest and the highest round in brackets.

## In short

${shortTable(measured)}

## What is compared

- **direct**: the client calls the provider.
- **nginx**, **HAProxy**: a proxy in C with one worker, which does not inspect the traffic. It shows what any relay could reach.
- **empty plugin route**, **empty gateway route**: routes of a plugin in the gateway. They read the request and send the provider's answer themselves. The plugin authenticates the first (here: admits everyone), the gateway the second. They show the most that a plugin can reach.
- **ours, virtual key**: \`/passthrough/v1/chat/completions\`, in the same gateway, in passthrough mode. **light**: in light mode, for an agent with a SOUL.md of two lines.
- **ours, gateway token**: \`/v1/chat/completions\`, in the same gateway.
- **core**: \`/v1/chat/completions\` of OpenClaw itself, in a second gateway. It runs an agent turn.
- **Portkey**: \`@portkey-ai/gateway\` from npm, with \`hono\` 4.9.7 and \`@hono/node-server\` 1.13.5.
${run.absent.map(({ title, reason }) => `- ${title} is not in this run: ${reason}.\n`).join("")}
${method(run)}

## ${kindTitles.json}

${resultTable(measured, "json")}

## Stream of ${shapes.burst.words + 3} events, at once

The provider writes the events one right after the other, each in its own write, as a model generates them. With all events in one write, the provider, nginx and HAProxy would be several times faster, the relay hardly.

${resultTable(measured, "burst")}

## Stream of ${shapes.paced.words + 3} events, ${shapes.paced.gapMs} ms apart

Lateness is the time from when an event was due at the provider to its arrival at the client. Our first byte waits for the provider's first word, one gap after the role: until then the relay can still fall back to another target.

${pacedTable(measured)}

## ${run.conditions.extent.openStreams.toLocaleString("en")} streams open at once

Streams of ${shapes.steady.words + 3} events, ${shapes.steady.gapMs} ms apart, started one after another within ${seconds(run.conditions.extent.rampMs)}, in a separate gateway. Heap is the growth of the gateway's used heap, after a garbage collection, with all streams open. It is measured in a separate pass, because the collection stops the gateway for a while. Heap left is the growth after the streams have ended.

${openStreamsTable(run)}

## Failures

${failures(measured)}
`;
}

function method({ conditions }: BenchRun): string {
  const { extent } = conditions;
  const { durationsMs } = extent;
  return `## Method

${machineText(conditions)} Load, provider, gateways and proxies are processes of their own that share the cores, so that requests a second at concurrency 16 and 64 are those of all of them together.

The load is ${conditions.loadTitle}. Each of its connections sends the next request when it has the whole answer; concurrency is the number of connections. The first request of each connection includes connecting. Time to first byte and lateness come from the events of autocannon's own clients, for the same requests. The status, length and end of every answer are checked.

There are ${extent.rounds} rounds, after a warm-up of ${seconds(extent.warmUpMs)} for each target at concurrency 16, which does not count. In each round, every target is measured for ${seconds(durationsMs.json)} of JSON and ${seconds(durationsMs.burst)} of streams at each concurrency, one after another with a pause of ${seconds(settleMs)}. Requests that are open at the end are awaited and count. The order changes from round to round, so each target follows each other one equally often. Paced streams are started for ${seconds(durationsMs.paced)} ${everyRound(extent.roundsPerPacedRound)}. Core is measured last, ${everyRound(extent.roundsPerCoreRound)}. It answers few requests in that time, so its p99 is hardly more than its slowest request.

Times are pooled over the rounds, in buckets of 2.3 %. Requests per second are the median of the rounds. CPU time is the user and system time of the target's processes (for direct, the provider's); a gateway's includes its background work. Peak RSS is the highest of the target's processes in its measurements; the gateway's routes share one process. In brackets: the ratio to direct. No measurement is left out. The run took ${conditions.durationMinutes.toFixed(0)} minutes.`;
}

function verdictTable(run: BenchRun): string {
  return table(
    ["Target", "Wanted", "Measured", ""],
    judge(run).map(({ goal, wanted, measured, isMet }) => [
      goal,
      wanted,
      measured ?? "not measured",
      isMet === undefined ? "" : verdict(isMet),
    ]),
  );
}

function verdict(isMet: boolean): string {
  return isMet ? "met" : "**missed**";
}

function seconds(durationMs: number): string {
  return `${durationMs / 1000} s`;
}

function everyRound(step: number): string {
  return step === 1 ? "in every round" : `in one round of ${step}`;
}
