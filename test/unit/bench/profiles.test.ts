import { expect, test } from "vitest";
import { selfTimes } from "../../../bench/profiles.ts";

const node = (id: number, functionName: string, url = "", lineNumber = -1) => ({
  id,
  callFrame: { functionName, url, lineNumber },
});

test("a function's own time is that of its samples, wherever it was called from", () => {
  const profile = {
    nodes: [
      node(1, "(root)"),
      node(2, "(idle)"),
      node(3, "", "file:///plugin/dist/worker.js", 9),
      node(4, "write", "node:net", 0),
      node(5, "write", "node:net", 0),
    ],
    samples: [3, 4, 2, 5, 3],
    // The first delta is that of the first sample from the start.
    timeDeltas: [7, 100, 200, 400, 50],
  };
  expect(selfTimes(profile)).toEqual([
    { name: "write node:net:1", timeUs: 250 },
    { name: "(anonymous) dist/worker.js:10", timeUs: 100 },
  ]);
});

test("a profile without samples has no functions", () => {
  expect(selfTimes({ nodes: [] })).toEqual([]);
});
