/** Starts all that is measured and what measures it: the provider, two gateways, the load. */
import { deepStrictEqual } from "node:assert";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gatewayToken, startGateway } from "../test/support/gateway.ts";
import { ordinaryEvents } from "../test/support/provider.ts";
import { startChild } from "./child.ts";
import { coreConfig, modelId, providerKey, relayConfig } from "./gateways.ts";
import type { LoadPlan, LoadResult } from "./load.ts";
import { askOnce, type Target, type TargetName, targetOf } from "./targets.ts";

export interface Stage {
  readonly targets: Readonly<Record<TargetName, Target>>;
  measure(plan: LoadPlan): Promise<LoadResult>;
  /** Ends every process and removes what it left on disk. */
  close(): Promise<void>;
}

/**
 * @throws Error when something does not start or a target does not answer as the provider does; nothing is left
 * running then.
 */
export async function startStage(): Promise<Stage> {
  const running: { close(): Promise<void> }[] = [];
  const close = async () => {
    await Promise.all(running.map((one) => one.close()));
  };
  const keep = <T extends { close(): Promise<void> }>(one: T): T => {
    running.push(one);
    return one;
  };
  try {
    const load = keep(startChild<LoadPlan, LoadResult>(new URL("load.ts", import.meta.url)));
    const provider = keep(startChild<object, string>(new URL("provider.ts", import.meta.url)));
    const providerUrl = await provider.ask({});
    const direct = {
      origin: new URL(providerUrl).origin,
      paths: { json: "/v1/chat/completions", stream: "/v1/chat/completions" },
      model: modelId,
      bearerToken: providerKey,
    };
    const answers = await askOnce(direct);

    const emptyAnswers = { jsonAnswer: answers.json, streamEvents: ordinaryEvents() };
    const relay = keep(await startGateway({ config: relayConfig(providerUrl, emptyAnswers) }));
    const core = keep(await startGateway({ config: coreConfig(providerUrl) }));
    const throughGateway = { ...direct, model: "openclaw", bearerToken: gatewayToken };
    const ours = { ...throughGateway, origin: relay.url };
    const empty = { ...ours, paths: { json: "/bench/empty", stream: "/bench/empty-stream" } };
    const light = { ...ours, headers: { "x-openclaw-light-context": "true" } };
    await writeFile(join(relay.folder, "workspace", "SOUL.md"), "You are Ada.\nBe short.\n");
    const viaCore = { ...throughGateway, origin: core.url };

    deepStrictEqual(await askOnce(ours), answers, "our answer is not the provider's");
    deepStrictEqual(
      await askOnce(empty),
      answers,
      "the empty route's answer is not the provider's",
    );
    return {
      targets: {
        direct: targetOf(direct, answers),
        empty: targetOf(empty, answers),
        ours: targetOf(ours, answers),
        // Its answers tell of the tokens of its prompt.
        light: targetOf(light, await askOnce(light)),
        core: targetOf(viaCore, await askOnce(viaCore)),
      },
      measure: load.ask,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
