/** The data plane's thread: runs the relay with ports to the gateway's thread. */
import { getHeapStatistics } from "node:v8";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { createRelay } from "./relay.ts";
import { createCallChannel } from "./plane/call-channel.ts";
import type { Method } from "./plane/calls.ts";
import { afterTurn } from "./plane/channel.ts";
import {
  type GatewayMessage,
  heartbeatIntervalMs,
  type PlaneMessage,
  type PlaneQuestions,
  type PlaneStart,
  type PlaneStatus,
} from "./plane/messages.ts";
import { createListener } from "./listener/listener.ts";
import { listenerProblems } from "./doctor/listener-problems.ts";
import { dataPlaneFailed } from "./plane/plane-errors.ts";
import { createReportFeed } from "./plane/report-feed.ts";
import { createRemoteHost } from "./plane/remote-host.ts";
import { createTakeOver } from "./plane/taken-over.ts";

function run(port: MessagePort, { snapshot, heartbeat }: PlaneStart): void {
  const methods = new Map<string, Method>();
  const channel = createCallChannel<PlaneMessage>(port, { schedule: afterTurn, methods });
  const host = createRemoteHost(channel, snapshot);
  const log = (level: "debug" | "info" | "warn") => (line: string) =>
    channel.send(["log", level, line]);
  const debug = log("debug");
  const logger = {
    info: log("info"),
    warn: log("warn"),
    get debug() {
      return host.isVerbose() ? debug : undefined;
    },
  };
  const relay = createRelay({
    host,
    logger,
    subscriber: createReportFeed({
      isWanted: host.wantsModelReports,
      send: (reports) => channel.send(["reports", reports]),
    }),
    listener: () =>
      host.config().listen && {
        connections: listener.connections(),
        problems: listenerProblems(listener.problem()),
      },
  });
  const listener = createListener({
    settings: () => host.config().listen,
    handler: relay.surfaces.listener,
    isServing: relay.isServing,
    isTrustedProxy: host.isTrustedProxy,
    logger,
  });
  const takeOver = createTakeOver(channel, relay.surfaces);
  const status = async (): Promise<PlaneStatus> => {
    const { problems, ...others } = await relay.status();
    return {
      ...others,
      problems: [...problems, ...listenerProblems(listener.problem())],
      listener:
        host.config().listen === undefined
          ? null
          : { url: listener.url() ?? null, connections: listener.connections() },
      tracing: relay.tracing.status(),
      memory: memory(),
    };
  };
  const stop = async () => {
    await listener.stop(drainMs);
    await relay.stop();
  };
  const answers: { readonly [Name in keyof PlaneQuestions]: Answer<Name> } = {
    status,
    requests: ([query]) => relay.requests().list(query),
    request: ([id]) => relay.requests().find(id) ?? null,
    series: ([range]) => relay.series(range),
    askProviders: relay.askProviders,
    stop,
  };
  for (const [name, answer] of Object.entries(answers)) {
    methods.set(name, answer);
  }

  port.on("message", (messages: readonly GatewayMessage[]) => {
    for (const message of messages) {
      if (channel.receive(message)) {
        continue;
      }
      if (message[0] === "snapshot") {
        host.update(message[1]);
        relay.tracing.look();
        void listener.update();
      } else if (message[0] === "drain") {
        void listener.stop(drainMs);
      } else {
        takeOver.receive(message);
      }
    }
  });

  const beats = new Int32Array(heartbeat);
  setInterval(() => Atomics.add(beats, 0, 1), heartbeatIntervalMs);

  // An uncaught error, or an exit: what is written now still reaches the clients, because a socket is written to at once.
  process.on("exit", () => relay.failAll(dataPlaneFailed()));
  void relay.start();
  void listener.start();
  channel.send(["ready"]);
}

type Answer<Name extends keyof PlaneQuestions> = (
  args: PlaneQuestions[Name]["args"],
) => PlaneQuestions[Name]["answer"] | Promise<PlaneQuestions[Name]["answer"]>;

/** How long open streams may take to end when the gateway shuts down. */
const drainMs = 300_000;

function memory(): PlaneStatus["memory"] {
  const { used_heap_size: heapUsedBytes, heap_size_limit: heapLimitBytes } = getHeapStatistics();
  return { heapUsedBytes, heapLimitBytes };
}

if (parentPort !== null) {
  run(parentPort, workerData as PlaneStart);
}
