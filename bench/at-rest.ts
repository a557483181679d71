/** Measures what the relay costs a gateway that serves nothing: its start and its memory. */
import { setTimeout as sleep } from "node:timers/promises";
import { startGateway } from "../test/support/gateway.ts";
import { runHost } from "../test/support/install.ts";
import { bareConfig } from "./gateways.ts";
import { residentBytes } from "./meter.ts";
import { shuffled } from "./orders.ts";
import type { Start } from "./results.ts";
import type { Ground } from "./stage.ts";

/** The gateway does things for some seconds after it is ready. */
const restMs = 5000;

/** @param signal is checked between starts. */
export async function measureStarts(
  { startRelay, providerUrl }: Ground,
  rounds: number,
  signal: AbortSignal,
): Promise<Start[]> {
  const starts: Start[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    console.error(`start ${round} of ${rounds}, with the plugin and without`);
    for (const withPlugin of shuffled([true, false])) {
      const gateway = withPlugin
        ? await startRelay()
        : await startGateway({ config: bareConfig(providerUrl) });
      try {
        await sleep(restMs);
        const resident = residentBytes(gateway.pid);
        const workerStartedInMs = withPlugin ? await workerStart(gateway.folder) : undefined;
        starts.push({
          withPlugin,
          round,
          readyAfterMs: readyAfterMs(gateway.output()),
          ...(resident !== undefined && { residentBytes: resident }),
          ...(workerStartedInMs !== undefined && { workerStartedInMs }),
        });
      } finally {
        await gateway.close();
      }
      signal.throwIfAborted();
    }
  }
  return starts;
}

/** @param output a gateway's log lines, which begin with their time. @returns NaN if it does not say that it is ready. */
export function readyAfterMs(output: string): number {
  const first = /^\S+(?= \[gateway\])/m.exec(output)?.[0];
  const ready = /^\S+(?= \[gateway\] ready$)/m.exec(output)?.[0];
  return Date.parse(ready ?? "") - Date.parse(first ?? "");
}

async function workerStart(folder: string): Promise<number | undefined> {
  const status = await runHost(folder, ["gateway", "call", "passthrough.status", "--json"]);
  return (JSON.parse(status) as { dataPlane?: { startedInMs?: number } }).dataPlane?.startedInMs;
}
