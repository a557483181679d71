/** Starts all targets and the processes that measure them. */
import { strictEqual } from "node:assert";
import { gatewayToken, startGateway } from "../test/support/gateway.ts";
import type { ComparedKind } from "./answers.ts";
import { type Child, startChild } from "./child.ts";
import { coreConfig, modelId, providerKey } from "./gateways.ts";
import type { LoadPlan, LoadResult } from "./load.ts";
import type { StreamsQuestion, StreamsResult } from "./open-streams-load.ts";
import { autocannonPackage, installed } from "./packages.ts";
import type { Absent } from "./results.ts";
import { type RelayGateway, type RelayOptions, startRelayGateway } from "./relay-gateway.ts";
import { startRivals } from "./rivals/rivals.ts";
import { createRunning, type Running } from "./running.ts";
import { withoutStamps } from "./stamp.ts";
import type { SteadyPlan, SteadyResult } from "./steady-load.ts";
import { askOnce, requestOf, type Target, targetNames, type TargetRequest } from "./targets.ts";

/** A target with its requests and the expected answers. */
export interface StagedTarget {
  readonly target: Target;
  readonly requests: Readonly<Record<ComparedKind, TargetRequest>>;
}

/** What every measurement needs: the load, the provider, and gateways on demand. */
export interface Ground {
  readonly direct: Target;
  /** The provider's base URL, for the config of another gateway. */
  readonly providerUrl: string;
  measure(plan: LoadPlan): Promise<LoadResult>;
  readonly streams: Pick<Child<StreamsQuestion, StreamsResult>, "ask">;
  readonly steady: Pick<Child<SteadyPlan, SteadyResult>, "ask">;
  /** Starts another gateway with our plugin. It ends with the stage, if it has not been closed before. */
  startRelay(options?: Omit<RelayOptions, "providerUrl">): Promise<RelayGateway>;
  readonly running: Running;
  /** Ends every process and removes its files. */
  close(): Promise<void>;
}

/** All targets as well. */
export interface Stage extends Ground {
  readonly targets: readonly StagedTarget[];
  readonly absent: readonly Absent[];
}

/** Targets that return the provider's answers byte for byte. */
const relaying: ReadonlySet<string> = new Set([
  "direct",
  "emptyPlugin",
  "emptyGateway",
  "gateway",
  "virtualKey",
  "listener",
]);

/** @throws Error if something does not start; everything that was started is then closed. */
export async function startGround(): Promise<Ground> {
  const running = createRunning();
  const { keep, closeAll } = running;
  try {
    const autocannonFolder = await installed(autocannonPackage);
    const load = keep(
      startChild<LoadPlan, LoadResult>(new URL("load.ts", import.meta.url), [autocannonFolder]),
    );
    const streams = keep(
      startChild<StreamsQuestion, StreamsResult>(new URL("open-streams-load.ts", import.meta.url)),
    );
    const steady = keep(
      startChild<SteadyPlan, SteadyResult>(new URL("steady-load.ts", import.meta.url)),
    );
    const provider = keep(startChild<object, string>(new URL("provider.ts", import.meta.url)));
    const providerUrl = await provider.ask({});
    return {
      direct: {
        name: "direct",
        title: "direct",
        origin: new URL(providerUrl).origin,
        path: () => "/v1/chat/completions",
        model: modelId,
        bearerToken: providerKey,
        pid: provider.pid,
      },
      providerUrl,
      measure: load.ask,
      streams,
      steady,
      startRelay: async (options = {}) =>
        keep(await startRelayGateway({ ...options, providerUrl })),
      running,
      close: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/**
 * @throws Error if a target of ours does not start or does not answer like the provider; everything that was started is then
 * closed.
 */
export async function startStage(): Promise<Stage> {
  const ground = await startGround();
  try {
    const { direct, providerUrl, startRelay, running } = ground;
    const rivals = running.keep(await startRivals(direct, providerUrl));
    const startCore = async () =>
      running.keep(await startGateway({ config: coreConfig(providerUrl) }));
    const startingRelay = startRelay();
    const startingCore = startCore();
    // Wait until both have started or failed, before anything may be closed.
    await Promise.allSettled([startingRelay, startingCore]);
    const relay = await startingRelay;
    const core = await startingCore;
    const { gatewayLight: _, ...relayTargets } = relay.targets;
    const present: Target[] = [
      direct,
      ...rivals.targets,
      ...Object.values(relayTargets),
      {
        ...direct,
        name: "core",
        title: "core",
        origin: core.url,
        model: "openclaw",
        bearerToken: gatewayToken,
        pid: core.pid,
      },
    ];
    return {
      ...ground,
      targets: await stageTargets(present.toSorted(byTableOrder)),
      absent: [...rivals.absent, ...relay.absent],
    };
  } catch (error) {
    await ground.close();
    throw error;
  }
}

function byTableOrder(left: Target, right: Target): number {
  return targetNames.indexOf(left.name) - targetNames.indexOf(right.name);
}

/** Sends each request once to learn the length of its answer. */
async function stageTargets(targets: readonly Target[]): Promise<StagedTarget[]> {
  const providersAnswers: Partial<Record<ComparedKind, string>> = {};
  const staged: StagedTarget[] = [];
  for (const target of targets) {
    const requestFor = async (kind: ComparedKind) => {
      const answer = await askOnce(target, kind);
      providersAnswers[kind] ??= withoutStamps(answer);
      if (relaying.has(target.name)) {
        strictEqual(
          withoutStamps(answer),
          providersAnswers[kind],
          `the answer of ${target.title} is not the provider's`,
        );
      }
      return requestOf(target, kind, Buffer.byteLength(answer));
    };
    const [json, burst, packet, paced] = [
      await requestFor("json"),
      await requestFor("burst"),
      await requestFor("packet"),
      await requestFor("paced"),
    ];
    staged.push({ target, requests: { json, burst, packet, paced } });
  }
  return staged;
}
