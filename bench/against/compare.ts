/** `npm run bench -- --against COMMIT`: what the relay costs now, next to what it cost at that commit. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { machineConditions } from "../conditions.ts";
import { commitHash, packCommit, packWorkingTree } from "./build.ts";
import { figuresOf } from "./figures.ts";
import { type AgainstRun, report, toJson } from "./report.ts";
import { type AgainstExtent, type BuildMeasurement, measureBuilds } from "./rounds.ts";
import { type BuildName, startBuildStage } from "./stage.ts";

const quickExtent: AgainstExtent = {
  warmUpMs: 150,
  starts: 2,
  roundsPerStart: 3,
  durationMs: 100,
};
const fullExtent: AgainstExtent = {
  warmUpMs: 500,
  starts: 4,
  roundsPerStart: 4,
  durationMs: 350,
};

/**
 * Prints the report and, unless it is a quick run, keeps it.
 * @param signal ends it between two measurements.
 */
export async function compareWith(
  commit: string,
  isQuick: boolean,
  signal: AbortSignal,
): Promise<void> {
  const hash = await commitHash(commit);
  const run = await measure(hash, isQuick ? quickExtent : fullExtent, signal);
  const name = `${run.conditions.date}-against-${run.conditions.against}`;
  const page = report(run, `${name}.json`);
  console.log(page);
  if (!isQuick) {
    const results = new URL("../results/", import.meta.url);
    await mkdir(results, { recursive: true });
    await writeFile(new URL(`${name}.json`, results), toJson(run));
    await writeFile(new URL(`${name}.md`, results), page);
  }
}

async function measure(
  hash: string,
  extent: AgainstExtent,
  signal: AbortSignal,
): Promise<AgainstRun> {
  const machine = machineConditions();
  const startedAtMs = performance.now();
  const scratch = await mkdtemp(join(tmpdir(), "openclaw-passthrough-against-"));
  try {
    console.error("builds");
    const pluginFolders = await packBoth(scratch, hash);
    const measurements: BuildMeasurement[] = [];
    for (let start = 1; start <= extent.starts; start += 1) {
      signal.throwIfAborted();
      console.error(`start ${start} of ${extent.starts}`);
      const stage = await startBuildStage(pluginFolders);
      try {
        measurements.push(...(await measureBuilds(stage, { extent, start }, signal)));
      } finally {
        await stage.close();
      }
    }
    return {
      conditions: {
        ...machine,
        against: hash.slice(0, 7),
        extent,
        durationMinutes: (performance.now() - startedAtMs) / 60_000,
      },
      figures: figuresOf(measurements),
      measurements,
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function packBoth(scratch: string, hash: string): Promise<Record<BuildName, string>> {
  const [beforeFolder, afterFolder] = [join(scratch, "before"), join(scratch, "after")];
  await mkdir(beforeFolder);
  await mkdir(afterFolder);
  return {
    before: await packCommit(beforeFolder, hash),
    after: await packWorkingTree(afterFolder),
  };
}
