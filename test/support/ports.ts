/** The two sides of the relay's ports: the host itself, and the host at the other end of a message channel. */
import { MessageChannel } from "node:worker_threads";
import type { HostPorts } from "../../src/host/create-host.ts";
import { createCallChannel } from "../../src/plane/call-channel.ts";
import type { AnswerMessage, CallMessage } from "../../src/plane/calls.ts";
import { afterCallback, afterTurn } from "../../src/plane/channel.ts";
import { createHostCalls } from "../../src/plane/host-calls.ts";
import { type HostSnapshot, watchSnapshot } from "../../src/plane/host-snapshot.ts";
import type { RelayHost } from "../../src/plane/relay-host.ts";
import { createRemoteHost } from "../../src/plane/remote-host.ts";

export interface ConnectedHost {
  readonly host: RelayHost;
  close(): void;
}

/** The ports as the relay has them in its own thread: every call and every answer is a message. */
export function overMessagePort(local: HostPorts): ConnectedHost {
  const { port1: gateway, port2: plane } = new MessageChannel();
  type Snapshot = readonly ["snapshot", HostSnapshot];
  const toPlane = createCallChannel<Snapshot>(gateway, {
    schedule: afterCallback,
    methods: createHostCalls(local, (_id, run) => run()).methods,
  });
  const toGateway = createCallChannel<CallMessage>(plane, {
    schedule: afterTurn,
    methods: new Map(),
  });
  const watch = watchSnapshot(local, (snapshot) => toPlane.send(["snapshot", snapshot]));
  const host = createRemoteHost(toGateway, structuredClone(watch.current()));
  gateway.on("message", (messages: readonly CallMessage[]) => messages.forEach(toPlane.receive));
  plane.on("message", (messages: readonly (AnswerMessage | Snapshot)[]) => {
    for (const message of messages) {
      if (!toGateway.receive(message)) {
        host.update(message[1]);
      }
    }
  });
  return {
    host,
    close() {
      watch.stop();
      gateway.close();
    },
  };
}
