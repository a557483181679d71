/** The requests on a server's connections: which one is served next, and when a connection ends. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { closeAfter, lingerAtEnd } from "../http/linger.ts";
import type { Refusal } from "./refusals.ts";

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Answers the request. */
  readonly answer: (request: IncomingMessage, response: ServerResponse) => void;
}

interface Connection {
  /** Unanswered requests, oldest first. Only the oldest is being served. */
  readonly exchanges: Exchange[];
  /** The last request whose head has arrived. */
  latest: IncomingMessage | undefined;
  /** `last`: it closes after the answer to the oldest request. `over`: nothing that arrives on it counts any more. */
  fate: "open" | "last" | "over";
}

export interface Exchanges {
  /**
   * Serves a request after the earlier ones of its connection. Node itself would serve pipelined requests at once, and
   * would not report to the later ones that their client has left.
   */
  receive(exchange: Exchange): void;
  /**
   * Ends a connection on which something arrived that is no request: after the answer to an earlier request, or with a
   * refusal.
   * @param refusal undefined if the connection itself failed.
   */
  refuse(socket: Socket, refusal: Refusal | undefined): void;
  /** From now on each connection closes after its answer. @param open the connections so far. */
  drain(open: Iterable<Socket>): void;
  /** The request that is being served on a connection; undefined if there is none. */
  current(socket: Socket): IncomingMessage | undefined;
}

/** @param maxPipelined unanswered requests that a connection may have; one with more is destroyed. */
export function createExchanges(maxPipelined: () => number): Exchanges {
  const connections = new WeakMap<Socket, Connection>();
  let isDraining = false;

  const connectionOf = (socket: Socket): Connection => {
    const known = connections.get(socket);
    if (known !== undefined) {
      return known;
    }
    const made: Connection = { exchanges: [], latest: undefined, fate: "open" };
    connections.set(socket, made);
    lingerAtEnd(socket);
    return made;
  };

  const serve = (connection: Connection, { request, response, answer }: Exchange) => {
    const { exchanges } = connection;
    const { socket } = request;
    response.once("close", () => {
      exchanges.shift();
      const [next] = exchanges;
      if (socket.destroyed || connection.fate === "over") {
        return;
      }
      if (
        connection.fate === "last" ||
        !response.shouldKeepAlive ||
        (isDraining && next === undefined)
      ) {
        connection.fate = "over";
        closeAfter(socket);
      } else if (next !== undefined) {
        serve(connection, next);
      }
    });
    if (isDraining && exchanges.length === 1) {
      response.shouldKeepAlive = false;
    }
    answer(request, response);
  };

  return {
    receive(exchange) {
      const { socket } = exchange.request;
      const connection = connectionOf(socket);
      connection.latest = exchange.request;
      if (connection.fate !== "open") {
        return;
      }
      if (connection.exchanges.length >= maxPipelined()) {
        connection.fate = "over";
        stopParsing(socket);
        socket.destroy();
        return;
      }
      connection.exchanges.push(exchange);
      if (connection.exchanges.length === 1) {
        serve(connection, exchange);
      }
    },
    refuse(socket, refusal) {
      const connection = connectionOf(socket);
      const { exchanges, latest, fate } = connection;
      const [current] = exchanges;
      if (fate === "over") {
        return;
      }
      if (refusal !== undefined && socket.writable && current?.request.complete === true) {
        connection.fate = "last";
        exchanges.length = 1;
        current.response.shouldKeepAlive = false;
        return;
      }
      connection.fate = "over";
      // A second answer would be taken for the answer to the client's next request.
      const isAnswered =
        current === undefined ? latest?.complete === false : current.response.headersSent;
      if (refusal === undefined || !socket.writable || isAnswered) {
        socket.destroy();
      } else {
        closeAfter(socket, refusal.bytes);
      }
    },
    drain(open) {
      isDraining = true;
      for (const socket of open) {
        const [current, next] = connectionOf(socket).exchanges;
        if (current !== undefined && next === undefined) {
          current.response.shouldKeepAlive = false;
        }
      }
    },
    current: (socket) => connections.get(socket)?.exchanges[0]?.request,
  };
}

/**
 * Keeps Node from parsing the rest of a chunk, which may have two thousand requests: Node makes objects for each, and an
 * error for each when the connection closes. To the parser, 2 means that what follows is not HTTP, as after CONNECT. This
 * is not in Node's docs; without it the rest is parsed, and ignored.
 */
function stopParsing({ parser }: Socket & { readonly parser?: { onIncoming: unknown } | null }) {
  if (parser) {
    parser.onIncoming = () => 2;
  }
}
