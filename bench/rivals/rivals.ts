/** Starts the other gateways and proxies that are available. */
import type { Absent } from "../results.ts";
import type { Target } from "../targets.ts";
import { portkeyHeaders, startPortkey } from "./portkey.ts";
import { startHaproxy, startNginx } from "./proxies.ts";
import type { Rival } from "./server.ts";

interface Rivals {
  readonly targets: readonly Target[];
  /** The unavailable ones, with the reason. */
  readonly absent: readonly Absent[];
  /** Ends the processes of the rivals. */
  close(): Promise<void>;
}

/** @param direct the provider itself as a target. */
export async function startRivals(direct: Target, providerUrl: string): Promise<Rivals> {
  const running: Rival[] = [];
  const targets: Target[] = [];
  const absent: Absent[] = [];
  const { host } = new URL(providerUrl);
  const add = async (
    one: Pick<Target, "name" | "title" | "headers">,
    start: () => Promise<Rival>,
  ) => {
    try {
      const rival = await start();
      running.push(rival);
      const { origin, pid, title } = rival;
      targets.push({ ...direct, ...one, title, origin, pid });
    } catch (error) {
      const { message, cause } = error as Error;
      console.error(`${one.title}: ${message}`, cause ?? "");
      absent.push({ name: one.name, title: one.title, reason: message });
    }
  };
  await add({ name: "nginx", title: "nginx" }, () => startNginx(host));
  await add({ name: "haproxy", title: "HAProxy" }, () => startHaproxy(host));
  const headers = portkeyHeaders(providerUrl);
  await add({ name: "portkey", title: "Portkey", headers }, startPortkey);
  return {
    targets,
    absent,
    async close() {
      await Promise.all(running.map((rival) => rival.close()));
    },
  };
}
