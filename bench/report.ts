/** A run as a Markdown page. */
import { shapes } from "./answers.ts";
import { judge, kindTitles } from "./goals.ts";
import {
  failures,
  openStreamsTable,
  pacedTable,
  resultTable,
  shortTable,
} from "./report-tables.ts";
import type { BenchRun, Conditions } from "./results.ts";
import { settleMs } from "./rounds.ts";
import { statisticsOf } from "./statistics.ts";
import { table } from "./table.ts";

/** @param resultsFile where the numbers are, relative to the project. */
export function report(run: BenchRun, resultsFile: string): string {
  const measured = { ...run, statistics: statisticsOf(run.measurements) };
  return `# Benchmark

Written by \`npm run bench\` on ${run.conditions.date}; run that command to measure again. All numbers of the run are in \`${resultsFile}\` of the repository.

## Targets

${verdictTable(run)}

Times are differences of the two quantiles. Shares are taken round by round: the median, and in brackets the lowest and the highest round.

## In short

${shortTable(measured)}

## What is compared

- **direct**: the client calls the provider.
- **nginx**, **HAProxy**: a proxy in C in between, with one worker, that looks at nothing: the limit.
- **empty plugin route**, **empty gateway route**: routes of a plugin in the gateway that read the request and give the provider's answer by themselves. The plugin authenticates the one (here: lets everyone in), the gateway the other. They are the ceiling of what a plugin can reach.
- **ours, virtual key**: \`/passthrough/v1/chat/completions\`, in the same gateway, in passthrough mode and, **light**, in light mode for an agent with a SOUL.md of two lines.
- **ours, gateway token**: \`/v1/chat/completions\`, in the same gateway.
- **core**: \`/v1/chat/completions\` of OpenClaw itself, in a second gateway. It runs an agent turn.
- **Portkey**: \`@portkey-ai/gateway\` from npm, with \`hono\` 4.9.7 and \`@hono/node-server\` 1.13.5.
${run.absent.map(({ title, reason }) => `- ${title} is not in this run: ${reason}.\n`).join("")}
${method(run)}

## ${kindTitles.json}

${resultTable(measured, "json")}

## Stream of ${shapes.burst.words + 3} events, at once

The provider writes one event right after the other, each by itself, as who makes words does. With all of them in one write, the provider, nginx and HAProxy would be some times faster, the relay hardly.

${resultTable(measured, "burst")}

## Stream of ${shapes.paced.words + 3} events, ${shapes.paced.gapMs} ms apart

Lateness is the time from when an event was due at the provider to its arrival at the client. Our own first byte waits for the provider's first word, a gap after the role that a stream begins with: until then another target could take over.

${pacedTable(measured)}

## ${run.conditions.extent.openStreams.toLocaleString("en")} streams open at once

Streams of ${shapes.steady.words + 3} events, ${shapes.steady.gapMs} ms apart, begun one after another within ${seconds(run.conditions.extent.rampMs)}, in a gateway of their own. Heap is what the gateway has more in use, after a garbage collection, with all streams open than before them; it is taken in a go of its own, because the collection stops the gateway for a while. Heap left is what it has more in use when they have ended.

${openStreamsTable(run)}

## Failures

${failures(measured)}
`;
}

function method({ conditions }: BenchRun): string {
  const { extent } = conditions;
  const { durationsMs } = extent;
  return `## Method

${machine(conditions)} Load, provider, gateways and proxies are processes of their own that share the cores, so that requests a second at concurrency 16 and 64 are those of all of them together.

The load is ${conditions.loadTitle}, whose connections send the next request when they have the whole answer; concurrency is their number. The first request of each connection waits for the connection. Time to first byte and lateness are taken in the events of autocannon's own clients, on the same requests. Every answer is checked for its status, its length and its end.

Rounds: ${extent.rounds}, after a warm-up of ${seconds(extent.warmUpMs)} of each at concurrency 16 that does not count. In each, every target is measured for ${seconds(durationsMs.json)} of JSON and ${seconds(durationsMs.burst)} of streams at each concurrency, one after another with a pause of ${seconds(settleMs)}; requests that are open at the end are waited for and count. The order changes from round to round so that each target comes after each other one equally often. Paced streams are begun for ${seconds(durationsMs.paced)} ${everyRound(extent.roundsPerPacedRound)}. Core is measured ${everyRound(extent.roundsPerCoreRound)}, last; it answers few requests in the time, so that its p99 is hardly more than its slowest one.

Times are pooled over the rounds, in buckets of 2.3 %; requests a second are the median of the rounds; CPU time is user and system time of the target's processes, which is the provider's for direct; the gateway's holds what it does beside. Peak RSS is the highest of the target's processes in its measurements, and the gateway's routes share one process. In brackets: the ratio to direct. Nothing that was measured is left out. The run took ${conditions.durationMinutes.toFixed(0)} minutes.`;
}

function machine(conditions: Conditions): string {
  const { cpuModel, cores, memoryBytes, system, nodeVersion, hostVersion } = conditions;
  return `${cores} cores (${cpuModel}), ${(memoryBytes / 1e9).toFixed(0)} GB of memory, ${system}, Node ${nodeVersion}, OpenClaw ${hostVersion}, this project at ${conditions.commit}. Load average before the run: ${conditions.loadAverage.toFixed(2)}.`;
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
