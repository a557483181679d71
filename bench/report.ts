/** A run as a Markdown page. */
import { shapes } from "./answers.ts";
import { machineText } from "./conditions.ts";
import { settleMs } from "./extent.ts";
import { judge, kindTitles } from "./goals.ts";
import {
  agentTurnsText,
  besideAgentsTable,
  failures,
  openStreamsTable,
  pacedTable,
  resultTable,
  shortTable,
  startsTable,
} from "./report-tables.ts";
import type { BenchRun, OpenStreams } from "./results.ts";
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
- **ours, own listener**: \`/v1/chat/completions\` on the relay's own port in the same gateway, with a virtual key, in passthrough mode. The key has limits of requests, tokens and dollars, so every request is counted; they are too high to be reached. **light**: in light mode, for an agent with a SOUL.md of two lines.
- **ours, virtual key**: \`/passthrough/v1/chat/completions\` on the gateway's port, with the same key.
- **ours, gateway token**: \`/v1/chat/completions\` on the gateway's port.
- **core**: \`/v1/chat/completions\` of OpenClaw itself, in a second gateway. It runs an agent turn.
- **Portkey**: \`@portkey-ai/gateway\` from npm, with \`hono\` 4.9.7 and \`@hono/node-server\` 1.13.5.
${run.absent.map(({ title, reason }) => `- ${title} is not in this run: ${reason}.\n`).join("")}${besideAgentsSection(run)}
${method(run)}

## ${kindTitles.json}

${resultTable(measured, "json")}

## Stream of ${shapes.burst.words + 3} events, event by event

The provider writes the events one right after the other, each in its own write and packet, as a model generates them.

${resultTable(measured, "burst")}

## Stream of ${shapes.packet.words + 3} events, in one packet

The provider writes the same events in one piece, as those of a model that is faster than the network arrive.

${resultTable(measured, "packet")}

## Stream of ${shapes.paced.words + 3} events, ${shapes.paced.gapMs} ms apart

Lateness is the time from when an event was due at the provider to its arrival at the client. Our first byte waits for the provider's first word, one gap after the role: until then the relay can still fall back to another target.

${pacedTable(measured)}

${openStreamsSections(run)}${startsSection(run)}## Failures

${failures(measured)}
`;
}

function besideAgentsSection(run: BenchRun): string {
  const { besideAgents, conditions } = run;
  if (besideAgents.length === 0) {
    return "";
  }
  const { agents: _, rounds, perSecond, durationMs } = conditions.extent.besideAgents;
  return `
## Beside agents

Time to the first byte of streams, of which ${perSecond} a second are started whether or not earlier ones have been answered, while agents work in the same gateway: a number of agent turns is under way at any time, each followed by the next at once, through the gateway's own \`/v1/chat/completions\` in agent mode, against the same provider. Each target was measured for ${seconds(durationMs)} in each of ${rounds} rounds, one target at a time. Portkey and direct share only the cores with the agents.

${besideAgentsTable(run)}

The agents finished, ${agentTurnsText(run)}.
`;
}

function openStreamsSections(run: BenchRun): string {
  const sections = Map.groupBy(run.openStreams, ({ kind, streams }) => `${kind} ${streams}`);
  return [...sections.values()].map((found) => openStreamsSection(found, run)).join("");
}

function openStreamsSection(found: readonly OpenStreams[], run: BenchRun): string {
  const [{ kind, streams } = { kind: "json", streams: 0 } as const] = found;
  if (kind === "json") {
    return "";
  }
  const { words, gapMs } = shapes[kind];
  return `## ${streams.toLocaleString("en")} streams open at once

Streams of ${words + 3} events, ${gapMs} ms apart, started one after another within seconds, in a separate gateway. Heap is the growth of the used heap of a thread, after a garbage collection, with all streams open. It is measured in a separate pass, because the collection stops the thread for a while. What is left is the growth after the streams have ended. RSS is that of the gateway's process.

${openStreamsTable(found, run)}

`;
}

function startsSection(run: BenchRun): string {
  return run.starts.length === 0
    ? ""
    : `## Start, and at rest

Medians of several starts of a gateway, with the plugin and its listener and without the plugin, in turn. Ready is the time from the gateway's first log line to the one that says so; RSS is read some seconds later.

${startsTable(run)}

`;
}

function method({ conditions }: BenchRun): string {
  const { extent } = conditions;
  const { durationsMs } = extent;
  return `## Method

${machineText(conditions)} Load, provider, gateways and proxies are processes of their own that share the cores, so that requests a second at concurrency 16 and 64 are those of all of them together.

The load is ${conditions.loadTitle}. Each of its connections sends the next request when it has the whole answer; concurrency is the number of connections. The first request of each connection includes connecting. Time to first byte and lateness come from the events of autocannon's own clients, for the same requests. The status, length and end of every answer are checked.

There are ${extent.rounds} rounds, after a warm-up of ${seconds(extent.warmUpMs)} for each target at concurrency 16, which does not count. In each round, every target is measured for ${seconds(durationsMs.json)} of JSON, and as long of streams of either kind at each concurrency, one after another with a pause of ${seconds(settleMs)}. Requests that are open at the end are awaited and count. The order changes from round to round, so each target follows each other one equally often. Paced streams are started for ${seconds(durationsMs.paced)} ${everyRound(extent.roundsPerPacedRound)}. Core is measured last, ${everyRound(extent.roundsPerCoreRound)}. It answers few requests in that time, so its p99 is hardly more than its slowest request.

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
