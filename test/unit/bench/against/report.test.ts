import { expect, test } from "vitest";
import { figuresOf } from "../../../../bench/against/figures.ts";
import { type AgainstRun, report, toJson } from "../../../../bench/against/report.ts";
import type { BuildMeasurement } from "../../../../bench/against/rounds.ts";
import { buildMeasurement, roundsOf } from "./measurements.ts";

function againstRun(measurements: readonly BuildMeasurement[]): AgainstRun {
  return {
    conditions: {
      date: "2026-11-21",
      commit: "def5678",
      against: "abc1234",
      nodeVersion: "v24.0.0",
      hostVersion: "2026.9.6",
      loadTitle: "autocannon 9.0.0",
      cpuModel: "a CPU",
      cores: 2,
      memoryBytes: 25e9,
      system: "Linux 6 x86_64",
      loadAverage: 0.1,
      extent: { warmUpMs: 500, starts: 2, roundsPerStart: 3, durationMs: 350 },
      durationMinutes: 12,
    },
    figures: figuresOf(measurements),
    measurements,
  };
}
const page = (measurements: readonly BuildMeasurement[]) =>
  report(againstRun(measurements), "run.json").replaceAll(/ +/g, " ");
const all = (factor: number) => Array.from({ length: 6 }, () => factor);
const sessionStream = { case: "limitedKey-light-session-burst" };

test("a figure that is worse misses the goal and stands out", () => {
  const text = page(roundsOf(all(0.9)));
  expect(text).toContain("| none | 2 of 2; 0 too noisy to say | **missed** |");
  expect(text).toContain(
    "| virtual key, JSON | - | **0.90× (0.90 to 0.90)** | - | **1.11× (1.11 to 1.11)** |",
  );
});

test("a figure that may be worse is counted and has a question mark", () => {
  const text = page(roundsOf([0.9, 0.9, 0.9, 1.1, 1.1, 1.1]));
  expect(text).toContain("| none | 0 of 2; 2 too noisy to say | met, within the noise |");
  expect(text).toContain("1.00× (0.90 to 1.10) ?");
});

test("streams with a session and a budget have a goal of their own", () => {
  const title = "light, session, stream, events one by one: requests/s | at least 1.3×";
  expect(page(roundsOf(all(1.31), sessionStream))).toContain(
    `${title} | 1.31× (1.31 to 1.31) | met |`,
  );
  expect(page(roundsOf(all(1.29), sessionStream))).toContain(
    `${title} | 1.29× (1.29 to 1.29) | **missed** |`,
  );
  expect(page(roundsOf([1.2, 1.2, 1.2, 1.6, 1.6, 1.6], sessionStream))).toContain(
    `${title} | 1.40× (1.20 to 1.60) | met, within the noise |`,
  );
  expect(page([])).toContain(`${title} | not measured | |`);
});

test("answers that failed are told with their build and round", () => {
  const failed = buildMeasurement({ build: "after", round: 3, failures: 2 });
  expect(page([failed])).toContain("| after | virtual key, JSON | 16 | 3 | 2 |");
  expect(page(roundsOf([1]))).toContain("All 2000 answers were whole.");
});

test("the JSON has every measurement and figure, a line each", () => {
  const run = againstRun(roundsOf(all(1)));
  const json = toJson(run);
  expect(JSON.parse(json)).toEqual({
    about: run.conditions,
    figures: run.figures,
    measurements: run.measurements,
  });
  expect(json.split("\n")).toHaveLength(12 + 2 + 8);
});
