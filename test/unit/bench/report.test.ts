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
