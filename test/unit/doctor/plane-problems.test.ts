import { expect, test } from "vitest";
import { planeProblems } from "../../../src/doctor/plane-problems.ts";

const path = "plugins.entries.passthrough.config.dataPlane";

test("a thread that never ended is no problem", () => {
  expect(planeProblems({ problem: undefined, deaths: 0, lastDeath: undefined })).toEqual([]);
});

test("a thread that ended and runs again is a warning, with the reason", () => {
  const [problem] = planeProblems({ problem: undefined, deaths: 2, lastDeath: "it hung for 5 s" });
  expect(problem).toMatchObject({ severity: "warning", path });
  expect(problem?.message).toContain("ended 2 times");
  expect(problem?.message).toContain("because it hung for 5 s.");
});

test("a thread that does not start again is an error", () => {
  const problems = planeProblems({ problem: "the data plane ended.", deaths: 3, lastDeath: "x" });
  expect(problems).toEqual([
    { severity: "error", path, message: "The data plane ended.", fix: expect.any(String) },
  ]);
});
