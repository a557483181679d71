/** A fake benchmark run. */
import { createRecorder, type Histogram } from "../../../bench/histogram.ts";
import type { BenchRun, Measurement } from "../../../bench/results.ts";

export function times(...timesMs: number[]): Histogram {
  const recorder = createRecorder();
  for (const timeMs of timesMs) {
    recorder.record(timeMs);
  }
  return recorder.histogram();
}

/** A measurement in which every request took `timeMs`. */
export function measurement(more: Partial<Measurement> & { timeMs?: number }): Measurement {
  const { timeMs = 1, ...rest } = more;
  return {
    target: "direct",
    kind: "json",
    concurrency: 1,
    round: 1,
    requests: 100,
    failures: 0,
    elapsedMs: 1000,
    latency: times(timeMs),
    firstByte: times(timeMs),
    firstByteP50Ms: timeMs,
    lateness: [],
    loadCpuMs: 10,
    usage: { cpuMs: 50, peakRssBytes: 100e6 },
    ...rest,
  };
}

export function benchRun(more: Partial<BenchRun> = {}): BenchRun {
  return {
    conditions: {
      date: "2026-11-20",
      commit: "abc1234",
      nodeVersion: "v24.0.0",
      hostVersion: "2026.9.6",
      loadTitle: "autocannon 9.0.0",
      cpuModel: "a CPU",
      cores: 2,
      memoryBytes: 25e9,
      system: "Linux 6 x86_64",
      loadAverage: 0.1,
      extent: {
        warmUpMs: 2000,
        rounds: 12,
        concurrencies: [1, 16],
        durationsMs: { json: 450, burst: 450, packet: 450, paced: 600 },
        roundsPerPacedRound: 2,
        roundsPerCoreRound: 4,
        besideAgents: { rounds: 3, agents: [0, 1, 4], perSecond: 20, durationMs: 6000 },
        openStreams: [],
        starts: 6,
      },
      durationMinutes: 14,
    },
    targets: [
      { name: "direct", title: "direct" },
      { name: "virtualKey", title: "ours" },
    ],
    absent: [],
    measurements: [],
    openStreams: [],
    besideAgents: [],
    agentTurns: [],
    starts: [],
    ...more,
  };
}
