/** Starts a gateway with our plugin, and its listener if this build of the plugin has one. */
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort, type Gateway, startGateway } from "../test/support/gateway.ts";
import {
  absentListener,
  gatewayTargets,
  type GatewayTargetName,
  type ListenerTargetName,
  listenerTargets,
} from "./gateway-targets.ts";
import { agentIds, relayConfig, type RelaySettings } from "./gateways.ts";
import type { Absent } from "./results.ts";
import type { Target } from "./targets.ts";

export interface RelayGateway extends Gateway {
  /** Without the listener's if the listener is absent. */
  readonly targets: Readonly<Record<GatewayTargetName, Target>> &
    Partial<Readonly<Record<ListenerTargetName, Target>>>;
  readonly absent: readonly Absent[];
}

export interface RelayOptions extends Pick<RelaySettings, "withAgentMode"> {
  readonly providerUrl: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** How the address of the worker's script ends. */
export const workerScript = "/dist/worker.js";

/** The listener starts with the worker, which may come up after the gateway is ready. */
const listenerTimeoutMs = 5000;

/** @throws Error if the gateway does not start. */
export async function startRelayGateway({
  providerUrl,
  withAgentMode = false,
  env = {},
}: RelayOptions): Promise<RelayGateway> {
  const listenerPort = hasListenerSetting() ? await freePort() : undefined;
  const config = relayConfig(providerUrl, { listenerPort, withAgentMode });
  const gateway = await startGateway({ config, env });
  await givePersonality(gateway, withAgentMode ? agentIds.relayed : "");
  const origin = `http://127.0.0.1:${listenerPort}`;
  const reason =
    listenerPort === undefined ? "this build has no listener" : await whyNotServing(origin);
  return reason === undefined
    ? {
        ...gateway,
        targets: { ...gatewayTargets(gateway), ...listenerTargets(origin, gateway) },
        absent: [],
      }
    : { ...gateway, targets: gatewayTargets(gateway), absent: absentListener(reason) };
}

/** The gateway refuses a config with a setting that the manifest does not have. */
function hasListenerSetting(): boolean {
  const manifest = readFileSync(new URL("../openclaw.plugin.json", import.meta.url), "utf8");
  return "listen" in JSON.parse(manifest).configSchema.properties;
}

/** Waits for the listener. @returns undefined if it serves. */
async function whyNotServing(origin: string): Promise<string | undefined> {
  const deadlineMs = performance.now() + listenerTimeoutMs;
  for (;;) {
    const reason = await fetch(`${origin}/healthz`).then(
      ({ ok, status }) => (ok ? undefined : `its /healthz answers ${status}`),
      () => "it does not listen",
    );
    if (reason === undefined || performance.now() > deadlineMs) {
      return reason;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/**
 * What light mode puts in front of the messages.
 * @param agentId of an agent that has a workspace of its own because there are several.
 */
export async function givePersonality(
  { folder }: Pick<Gateway, "folder">,
  agentId = "",
): Promise<void> {
  const workspace = join(folder, "workspace", agentId);
  await mkdir(workspace, { recursive: true });
  await writeFile(join(workspace, "SOUL.md"), "You are Ada.\nBe short.\n");
}
