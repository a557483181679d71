/**
 * The benchmark: the cost of a request through the relay's two surfaces, compared with the provider itself, empty plugin
 * routes in the host, core's endpoint, another gateway from npm, and nginx and HAProxy if they are installed.
 *
 *     npm run bench                          about fifteen minutes; writes docs/bench.md and bench/results/DATE.json
 *     npm run bench -- --quick               about two minutes, for a quick look; prints only
 *     npm run bench -- --report FILE.json    prints the report of an earlier run
 *     npm run bench -- --against COMMIT      twelve minutes; what the relay costs now, next to what it cost at that commit.
 *                                            Writes bench/results/DATE-against-COMMIT.json and .md; --quick prints only
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { compareWith } from "./against/compare.ts";
import { machineConditions } from "./conditions.ts";
import { measureOpenStreams } from "./open-streams.ts";
import { report } from "./report.ts";
import { type BenchRun, fromJson, toJson } from "./results.ts";
import { type Extent, measureInRounds } from "./rounds.ts";
import { startStage } from "./stage.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    report: { type: "string" },
    against: { type: "string" },
  },
});

const extent: Extent = options.quick
  ? {
      warmUpMs: 200,
      rounds: 1,
      concurrencies: [1, 16],
      durationsMs: { json: 200, burst: 200, paced: 100 },
      roundsPerPacedRound: 1,
      roundsPerCoreRound: 1,
      openStreams: 1000,
      rampMs: 1000,
    }
  : {
      warmUpMs: 2000,
      rounds: 12,
      concurrencies: [1, 16, 64],
      durationsMs: { json: 450, burst: 450, paced: 600 },
      roundsPerPacedRound: 2,
      roundsPerCoreRound: 4,
      openStreams: 1000,
      rampMs: 2500,
    };

const resultsPath = (file: string) => `bench/results/${file}`;

if (options.against !== undefined) {
  await compareWith(options.against, options.quick, stopSignal());
} else if (options.report === undefined) {
  const run = await measure();
  const file = `${run.conditions.date}.json`;
  const page = report(run, resultsPath(file));
  console.log(page);
  if (!options.quick) {
    mkdirSync(new URL("results/", import.meta.url), { recursive: true });
    writeFileSync(new URL(`results/${file}`, import.meta.url), toJson(run));
    writeFileSync(new URL("../docs/bench.md", import.meta.url), page);
  }
} else {
  const run = fromJson(readFileSync(options.report, "utf8"));
  console.log(report(run, resultsPath(basename(options.report))));
}

async function measure(): Promise<BenchRun> {
  const stopping = stopSignal();
  const machine = machineConditions();
  const startedAtMs = performance.now();
  build();
  const stage = await startStage();
  try {
    const measurements = await measureInRounds(stage, extent, stopping);
    const openStreams = await measureOpenStreams(stage, extent, stopping);
    return {
      conditions: {
        ...machine,
        extent,
        durationMinutes: (performance.now() - startedAtMs) / 60_000,
      },
      targets: stage.targets.map(({ target: { name, title } }) => ({ name, title })),
      absent: stage.absent,
      measurements,
      openStreams,
    };
  } finally {
    await stage.close();
  }
}

/** Aborted when somebody ends this process, so that it can end the others first. */
function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));
  }
  return stopping.signal;
}

/** The gateway loads what is in dist/. */
function build(): void {
  const { status } = spawnSync("npm", ["run", "--silent", "build"], { stdio: "inherit" });
  if (status !== 0) {
    throw new Error("the build failed");
  }
}
