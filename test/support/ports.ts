/** The two sides of the relay's ports: the host itself, and the host at the other end of a message channel. */
import { MessageChannel } from "node:worker_threads";
import type { HostPorts } from "../../src/host/create-host.ts";
import {
  type AnswerMessage,
  type CallMessage,
  createCallee,
  createCaller,
  failedAnswer,
} from "../../src/plane/calls.ts";
import { afterCallback, afterTurn, createChannel } from "../../src/plane/channel.ts";
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
  const toPlane = createChannel<AnswerMessage | readonly ["snapshot", HostSnapshot]>(gateway, {
    schedule: afterCallback,
    insteadOf: failedAnswer,
  });
  const toGateway = createChannel<CallMessage>(plane, {
    schedule: afterTurn,
    insteadOf(message, cause) {
      calls.failUnsent(message, cause);
      return undefined;
    },
  });
  const callee = createCallee(createHostCalls(local, (_id, run) => run()).methods, toPlane.send);
  const calls = createCaller(toGateway.send);
  const watch = watchSnapshot(local, (snapshot) => toPlane.send(["snapshot", snapshot]));
  const host = createRemoteHost(calls, structuredClone(watch.current()));
  gateway.on("message", (messages: readonly CallMessage[]) => {
    for (const message of messages) {
      callee.receive(message);
    }
  });
  plane.on(
    "message",
    (messages: readonly (AnswerMessage | readonly ["snapshot", HostSnapshot])[]) => {
      for (const message of messages) {
        if (message[0] === "snapshot") {
          host.update(message[1]);
        } else {
          calls.receive(message);
        }
      }
    },
  );
  return {
    host,
    close() {
      watch.stop();
      gateway.close();
    },
  };
}
