/** The data plane's thread, which dies or hangs when a test says so. */
import { BroadcastChannel, isMainThread } from "node:worker_threads";
import "../../src/worker.ts";

export type Misbehaviour = "throw" | "exit" | "hang" | "out of memory";

/** The channel on which a test says what to do. */
export const channelName = "misbehave";

const acts: Readonly<Record<Misbehaviour, () => void>> = {
  throw() {
    throw new Error("sk-secret must not reach the log");
  },
  exit: () => process.exit(7),
  hang() {
    for (;;) {
      // Forever.
    }
  },
  "out of memory"() {
    const held: unknown[] = [];
    setInterval(() => {
      held.push(Array.from({ length: 100_000 }, (_, at) => ({ at })));
    }, 1);
  },
};

if (!isMainThread) {
  const channel = new BroadcastChannel(channelName);
  channel.addEventListener("message", (event) =>
    acts[(event as unknown as { data: Misbehaviour }).data](),
  );
}
