/** Measurements of two builds, made up for tests. */
import type { BuildMeasurement } from "../../../../bench/against/rounds.ts";

export function buildMeasurement(more: Partial<BuildMeasurement> = {}): BuildMeasurement {
  return {
    build: "before",
    case: "key-json",
    concurrency: 16,
    round: 1,
    requests: 100,
    failures: 0,
    elapsedMs: 1000,
    firstByteP50Ms: 1,
    cpuMs: 50,
    ...more,
  };
}

/** As many rounds as there are factors: each says how much more the later build gets done in that round. */
export function roundsOf(
  factors: readonly number[],
  more: Partial<BuildMeasurement> = {},
): BuildMeasurement[] {
  return factors.flatMap((factor, at) => {
    // The machine is slower from round to round, for both builds.
    const requests = 1000 / (at + 1);
    return [
      buildMeasurement({ ...more, round: at + 1, requests }),
      buildMeasurement({ ...more, round: at + 1, requests: requests * factor, build: "after" }),
    ];
  });
}
