/**
 * The benchmark: the cost of a request through the relay's two surfaces, compared with the provider itself, empty plugin
 * routes in the host, core's endpoint, another gateway from npm, and nginx and HAProxy if they are installed.
 *
 *     npm run bench                          about 25 minutes; writes docs/bench.md and bench/results/DATE.json
 *     npm run bench -- --quick               about three minutes, for a quick look; prints only
 *     npm run bench -- --report FILE.json    prints the report of an earlier run
 *     npm run bench -- --profile             about a minute; prints where the relay spends its time, and writes CPU profiles
 *     npm run bench -- --translated          half a minute; prints what a translated answer costs, next to a relayed one
 *     npm run bench -- --against COMMIT      twelve minutes; what the relay costs now, next to what it cost at that commit.
 *                                            Writes bench/results/DATE-against-COMMIT.json and .md; --quick prints only
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compareWith } from "./against/compare.ts";
import { measureStarts } from "./at-rest.ts";
import { measureBesideAgents } from "./beside-agents.ts";
import { machineConditions } from "./conditions.ts";
import { fullExtent, quickExtent } from "./extent.ts";
import { measureOpenStreams } from "./open-streams.ts";
import { profileRelay } from "./profiles.ts";
import { report } from "./report.ts";
import { type BenchRun, fromJson, type OpenStreams, toJson } from "./results.ts";
import { measureInRounds } from "./rounds.ts";
import { type Ground, startGround, startStage } from "./stage.ts";
import { measureTranslation } from "./translated.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    profile: { type: "boolean", default: false },
    translated: { type: "boolean", default: false },
    report: { type: "string" },
    against: { type: "string" },
  },
});

const extent = options.quick ? quickExtent : fullExtent;
const profilesFolder = new URL("../.toolchain/bench/profiles/", import.meta.url);

/** npm's arguments. The gateway loads what is in dist/. */
const releaseBuild = ["run", "--silent", "build"];
/** In a profile of a minified bundle, the functions have no names that anybody knows. */
const readableBuild = ["exec", "--", "tsup", "--silent", "--no-minify"];

const resultsPath = (file: string) => `bench/results/${file}`;

if (options.against !== undefined) {
  await compareWith(options.against, options.quick, stopSignal());
} else if (options.profile) {
  console.log(await profile());
} else if (options.translated) {
  console.log(await measureTranslation({ words: 1000, answers: 40, rounds: 7 }));
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
  const machine = machineConditions();
  const startedAtMs = performance.now();
  return on(startStage, async (stage, stopping) => {
    const measurements = await measureInRounds(stage, extent, stopping);
    const besideAgents = await measureBesideAgents(stage, extent.besideAgents, stopping);
    const openStreams: OpenStreams[] = [];
    for (const each of extent.openStreams) {
      openStreams.push(...(await measureOpenStreams(stage, each, stopping)));
    }
    const starts = await measureStarts(stage, extent.starts, stopping);
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
      ...besideAgents,
      starts,
    };
  });
}

async function profile(): Promise<string> {
  const durations = { warmUpMs: 2000, durationMs: options.quick ? 1000 : 5000 };
  const page = await on(
    startGround,
    (ground) => profileRelay(ground, durations, profilesFolder),
    readableBuild,
  );
  return `${page}\n\nThe profiles are in ${fileURLToPath(profilesFolder)}.`;
}

/** Builds the plugin, and ends what it was measured with. */
async function on<Place extends Ground, Result>(
  start: () => Promise<Place>,
  use: (place: Place, stopping: AbortSignal) => Promise<Result>,
  command: readonly string[] = releaseBuild,
): Promise<Result> {
  const stopping = stopSignal();
  build(command);
  const place = await start();
  try {
    return await use(place, stopping);
  } finally {
    await place.close();
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

function build(command: readonly string[]): void {
  const { status } = spawnSync("npm", command, { stdio: "inherit" });
  if (status !== 0) {
    throw new Error("the build failed");
  }
}
