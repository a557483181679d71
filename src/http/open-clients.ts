/** The clients whose requests are under way, so that all of them can be told when the thread ends. */
import type { RelayError } from "../errors.ts";
import type { Protocol } from "../protocols/protocol.ts";
import type { ClientConnection } from "./client-connection.ts";
import { sendFailure } from "./reply.ts";

export interface OpenClients {
  /** Adds a client until its connection has closed. */
  add(client: ClientConnection, protocol: Protocol): void;
  /** Ends all answers with an error, however far they are. Waits for nothing: the thread may end next. */
  failAll(error: RelayError): void;
}

export function createOpenClients(): OpenClients {
  const open = new Map<ClientConnection, Protocol>();
  return {
    add(client, protocol) {
      open.set(client, protocol);
      void client.closed.then(() => open.delete(client));
    },
    failAll(error) {
      for (const [client, protocol] of open) {
        const underWay = client.underWay();
        if (underWay === undefined) {
          sendFailure(client, protocol, error);
        } else {
          client.sink.breakOff(error, underWay === "events" ? "middle" : undefined);
        }
      }
    },
  };
}
