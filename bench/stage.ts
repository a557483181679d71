/** Starts all targets and the processes that measure them. */
import { strictEqual } from "node:assert";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Gateway, gatewayToken, startGateway } from "../test/support/gateway.ts";
import { type Inspector, inspect, inspectable } from "../test/support/inspector.ts";
import type { ComparedKind } from "./answers.ts";
import { type Child, startChild } from "./child.ts";
import { type GatewayTargetName, gatewayTargets } from "./gateway-targets.ts";
import { coreConfig, modelId, providerKey, relayConfig } from "./gateways.ts";
import type { LoadPlan, LoadResult } from "./load.ts";
import type { StreamsQuestion, StreamsResult } from "./open-streams-load.ts";
import { autocannonPackage, installed } from "./packages.ts";
import type { Absent } from "./results.ts";
import { startRivals } from "./rivals/rivals.ts";
import { createRunning } from "./running.ts";
import { withoutStamps } from "./stamp.ts";
import { askOnce, requestOf, type Target, targetNames, type TargetRequest } from "./targets.ts";

/** A target with its requests and the expected answers. */
export interface StagedTarget {
  readonly target: Target;
  readonly requests: Readonly<Record<ComparedKind, TargetRequest>>;
}

export interface Stage {
  readonly direct: Target;
  readonly targets: readonly StagedTarget[];
  readonly absent: readonly Absent[];
  measure(plan: LoadPlan): Promise<LoadResult>;
  readonly streams: Pick<Child<StreamsQuestion, StreamsResult>, "ask">;
  /** Starts another gateway with an inspectable heap. It ends with the stage. */
  startInspectable(): Promise<InspectableGateway>;
  /** Ends every process and removes its files. */
  close(): Promise<void>;
}

interface InspectableGateway {
  readonly targets: Readonly<Record<GatewayTargetName, Target>>;
  readonly inspector: Inspector;
}

/** Targets that return the provider's answers byte for byte. */
const relaying: ReadonlySet<string> = new Set([
  "direct",
  "emptyPlugin",
  "emptyGateway",
  "gateway",
  "virtualKey",
]);

/**
 * @throws Error if a target of ours does not start or does not answer like the provider; everything that was started is then
 * closed.
 */
export async function startStage(): Promise<Stage> {
  const { keep, closeAll } = createRunning();
  try {
    const autocannonFolder = await installed(autocannonPackage);
    const load = keep(
      startChild<LoadPlan, LoadResult>(new URL("load.ts", import.meta.url), [autocannonFolder]),
    );
    const streams = keep(
      startChild<StreamsQuestion, StreamsResult>(new URL("open-streams-load.ts", import.meta.url)),
    );
    const provider = keep(startChild<object, string>(new URL("provider.ts", import.meta.url)));
    const providerUrl = await provider.ask({});
    const { origin } = new URL(providerUrl);
    const direct: Target = {
      name: "direct",
      title: "direct",
      origin,
      path: () => "/v1/chat/completions",
      model: modelId,
      bearerToken: providerKey,
      pid: provider.pid,
    };

    const rivals = keep(await startRivals(direct, providerUrl));
    const start = async (config: Record<string, unknown>) => keep(await startGateway({ config }));
    const startingRelay = start(relayConfig(providerUrl));
    const startingCore = start(coreConfig(providerUrl));
    // Wait until both have started or failed, before anything may be closed.
    await Promise.allSettled([startingRelay, startingCore]);
    const relay = await startingRelay;
    const core = await startingCore;
    await givePersonality(relay);
    const { emptyPlugin, virtualKey, light, emptyGateway, gateway } = gatewayTargets(relay);
    const present: Target[] = [
      direct,
      ...rivals.targets,
      emptyPlugin,
      virtualKey,
      light,
      emptyGateway,
      gateway,
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
      direct,
      targets: await stageTargets(present.toSorted(byTableOrder)),
      absent: rivals.absent,
      measure: load.ask,
      streams,
      async startInspectable() {
        const started = keep(
          await startGateway({ config: relayConfig(providerUrl), env: inspectable }),
        );
        return { targets: gatewayTargets(started), inspector: await inspect(started) };
      },
      close: closeAll,
    };
  } catch (error) {
    await closeAll();
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
    const [json, burst, paced] = [
      await requestFor("json"),
      await requestFor("burst"),
      await requestFor("paced"),
    ];
    staged.push({ target, requests: { json, burst, paced } });
  }
  return staged;
}

/** What light mode puts in front of the messages. */
export async function givePersonality(gateway: Gateway): Promise<void> {
  await writeFile(join(gateway.folder, "workspace", "SOUL.md"), "You are Ada.\nBe short.\n");
}
