import { expect, test } from "vitest";
import { report } from "../../../bench/report.ts";
import { fromJson, toJson } from "../../../bench/results.ts";
import { benchRun, measurement, times } from "./run.ts";

const { usage: _, ...withoutUsage } = measurement({ target: "virtualKey", timeMs: 3 });
const run = benchRun({
  absent: [{ name: "nginx", title: "nginx", reason: "not present" }],
  measurements: [measurement({ timeMs: 1, failures: 3 }), withoutUsage],
  openStreams: [
    {
      target: "direct",
      kind: "steady",
      streams: 1000,
      openAtOnce: 998,
      failures: 2,
      firstByte: times(1),
      lateness: times(2),
    },
  ],
});

const beside = (agents: number, ...timesMs: number[]) => ({
  target: "listener" as const,
  title: "**ours, own listener**",
  agents,
  round: 1,
  requests: timesMs.length,
  failures: 0,
  firstByte: times(...timesMs),
});
const growth = { before: 100e6, open: 130e6, after: 110e6 };
const richRun = benchRun({
  targets: [{ name: "listener", title: "**ours, own listener**" }],
  besideAgents: [beside(0, 1, 1, 1), beside(4, 10, 10, 100)],
  agentTurns: [
    { agents: 0, round: 1, turns: 0, failures: 0, duration: [] },
    { agents: 4, round: 1, turns: 7, failures: 2, duration: times(200) },
  ],
  openStreams: [
    {
      target: "listener",
      kind: "sparse",
      streams: 5000,
      openAtOnce: 5000,
      failures: 0,
      firstByte: times(1),
      lateness: times(2),
      heapBytes: growth,
      workerHeapBytes: growth,
      rssBytes: growth,
    },
  ],
  starts: [
    { withPlugin: true, round: 1, readyAfterMs: 5100, residentBytes: 450e6, workerStartedInMs: 80 },
    { withPlugin: false, round: 1, readyAfterMs: 5000, residentBytes: 400e6 },
  ],
});

test("shows the times beside agents, a column for each number of turns", () => {
  const page = report(richRun, "run.json");
  expect(page).toMatch(
    /^\| First byte: p50 \/ p90 \/ p99, ms \| +no agent at work \| +4 agent turns at any time \|$/m,
  );
  expect(page).toMatch(
    /^\| \*\*ours, own listener\*\* +\| +1\.00 \/ 1\.00 \/ 1\.00 \| +10\.00 \/ 100\.00 \/ 100\.00 \|$/m,
  );
  expect(page).toContain("with 4 agent turns at any time, 7 turns of 200 ms (median)");
  expect(page).toMatch(/\| agents +\| turn +\| +4 \| +2 \| +7 \|/);
});

test("shows the memory of open streams, and the starts", () => {
  const page = report(richRun, "run.json");
  expect(page).toContain("## 5,000 streams open at once");
  expect(page).toMatch(/ 6\.0 \| +2\.0 \| +6\.0 \| +2\.0 \| +100 \| +130 \| +30 \|$/m);
  expect(page).toMatch(/^\| with the plugin \| +1 \| +5100 \| +450 \| +80\.0 +\|$/m);
  expect(page).toMatch(/^\| without +\| +1 \| +5000 \| +400 \| +- +\|$/m);
});

test("an older run has no such sections, and can still be shown", () => {
  const { besideAgents: _a, agentTurns: _b, starts: _c, ...older } = JSON.parse(toJson(run));
  const page = report(fromJson(JSON.stringify(older)), "run.json");
  expect(page).not.toContain("Beside agents");
  expect(page).not.toContain("Start, and at rest");
});

test("a rich run survives a round trip through JSON", () => {
  expect(fromJson(toJson(richRun))).toEqual(richRun);
});

test("a run survives a round trip through JSON", () => {
  expect(fromJson(toJson(run))).toEqual(run);
});

test("each measurement is one line of the JSON", () => {
  expect(toJson(run).match(/^\{"target":/gm)).toHaveLength(3);
});

test("numbers have their ratio to direct, and unknown ones are dashes", () => {
  expect(report(run, "run.json")).toMatch(
    /\| +1 \| ours +\| +100 \| .* 3\.0\d \(3\.0×\) \| +- \| +- \|/,
  );
});

test("names absent targets and lists failures", () => {
  const page = report(run, "run.json");
  expect(page).toContain("nginx is not in this run: not present.");
  expect(page).toMatch(/\| direct \| JSON +\| +1 \| +3 \| +100 \|/);
  expect(page).toMatch(/\| direct \| open streams \| +1000 \| +2 \| +1000 \|/);
  expect(page).toContain("not measured");
});

test("says so if nothing failed", () => {
  const whole = { ...run, measurements: [measurement({ requests: 1200 })], openStreams: [] };
  expect(report(whole, "run.json")).toContain("all 1,200 answers");
});
