/** Starts the released host twice, with nothing different but the build of our plugin, and what measures it. */
import { startGateway } from "../../test/support/gateway.ts";
import { startChild } from "../child.ts";
import { buildConfig } from "../gateways.ts";
import type { LoadPlan, LoadResult } from "../load.ts";
import { shuffled } from "../orders.ts";
import { autocannonPackage, installed } from "../packages.ts";
import { givePersonality } from "../relay-gateway.ts";
import { createRunning } from "../running.ts";
import { askWhole, type TargetRequest } from "../targets.ts";
import { benchCases, caseRequest } from "./cases.ts";

export const buildNames = ["before", "after"] as const;
export type BuildName = (typeof buildNames)[number];

interface StagedBuild {
  /** Of the gateway. */
  readonly pid: number;
  /** By the names of the cases. */
  readonly requests: ReadonlyMap<string, TargetRequest>;
}

export interface BuildStage {
  readonly builds: ReadonlyMap<BuildName, StagedBuild>;
  measure(plan: LoadPlan): Promise<LoadResult>;
  /** Ends every process and removes what it left on disk. */
  close(): Promise<void>;
}

/**
 * @param pluginFolders where the two builds are.
 * @throws Error when something does not start or does not answer; nothing is left running then.
 */
export async function startBuildStage(
  pluginFolders: Readonly<Record<BuildName, string>>,
): Promise<BuildStage> {
  const { keep, closeAll } = createRunning();
  const start = async (providerUrl: string, pluginFolder: string): Promise<StagedBuild> => {
    const gateway = keep(await startGateway({ config: buildConfig(providerUrl, pluginFolder) }));
    await givePersonality(gateway);
    return { pid: gateway.pid, requests: await requestsTo(gateway.url) };
  };
  try {
    const autocannonFolder = await installed(autocannonPackage);
    const load = keep(
      startChild<LoadPlan, LoadResult>(new URL("../load.ts", import.meta.url), [autocannonFolder]),
    );
    const provider = keep(startChild<object, string>(new URL("../provider.ts", import.meta.url)));
    const providerUrl = await provider.ask({});
    // One after the other, because a start takes all cores; which one is first is left to chance.
    const builds = new Map<BuildName, StagedBuild>();
    for (const build of shuffled(buildNames)) {
      builds.set(build, await start(providerUrl, pluginFolders[build]));
    }
    return { builds, measure: (plan) => load.ask(plan), close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** Sends each case's request once, for the length of its answer. */
async function requestsTo(origin: string): Promise<Map<string, TargetRequest>> {
  const requests = new Map<string, TargetRequest>();
  for (const benched of benchCases) {
    const request = caseRequest(origin, benched);
    const answer = await askWhole(request);
    requests.set(benched.name, { ...request, answerBytes: Buffer.byteLength(answer) });
  }
  return requests;
}
