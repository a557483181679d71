/** Whatever else can stand between a client and a provider, as far as it is there. */
import type { Absent } from "../results.ts";
import type { Target } from "../targets.ts";
import { portkeyHeaders, startPortkey } from "./portkey.ts";
import { startHaproxy, startNginx } from "./proxies.ts";
import type { Rival } from "./server.ts";

interface Rivals {
  readonly targets: readonly Target[];
  /** Those that could not be had, with the reason. */
  readonly absent: readonly Absent[];
  /** Ends their processes. */
  close(): Promise<void>;
}

/** @param direct the provider without anything in between. */
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
