/** The gateway's end of requests that are handed over to the data plane: sends the request there, and its answer to the client. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { RelayError } from "../errors.ts";
import type { ClientRequest, ClientResponse } from "../http/exchange.ts";
import { createByteCollector } from "../text/byte-collector.ts";
import type { Protocol } from "../protocols/protocol.ts";
import type { Channel } from "./channel.ts";
import {
  type HandedOver,
  reportBytes,
  type RequestMessage,
  type ResponseMessage,
  windowBytes,
} from "./handed-over.ts";

export type Caller = Pick<HandedOver, "surface" | "operatorScopes">;

export interface HandOver {
  /** Resolves when the response has ended. Never rejects. */
  serve(request: ClientRequest, response: ClientResponse, caller: Caller): Promise<void>;
  /** Answers a request with an error, without handing it over. */
  refuse(response: ClientResponse, error: RelayError): void;
  receive(message: ResponseMessage): void;
  /** Runs in the async context of a request under way, by which the host counts its work; for others, in the current one. */
  within<R>(id: number | undefined, run: () => R): R;
  /** Ends all requests under way with an error, because the data plane is gone. */
  failAll(error: RelayError): void;
}

/** A body up to this size is handed over in one message with its request. */
const maxWholeBytes = 64 * 1024;

/** @param protocol writes the errors of requests that the data plane could not answer. */
export function createHandOver(
  send: Channel<RequestMessage>["send"],
  protocol: Protocol,
): HandOver {
  const open = new Map<number, Exchange>();
  let lastId = 0;
  return {
    async serve(request, response, caller) {
      const id = (lastId += 1);
      const closed = new Promise<void>((resolve) => {
        const onClose = () => {
          open.delete(id);
          if (!response.writableFinished) {
            send(["gone", id]);
          }
          resolve();
        };
        if (response.closed) {
          resolve();
        } else {
          response.once("close", onClose);
        }
      });
      // A write after a disconnect emits an error. Ignore it: `close` follows.
      response.on("error", () => undefined);
      if (!response.closed) {
        const exchange = createExchange({ id, request, response, send, protocol });
        open.set(id, exchange);
        exchange.begin(caller);
      }
      await closed;
    },
    refuse: (response, error) => answer(response, error, protocol),
    receive(message) {
      open.get(message[1])?.receive(message);
    },
    within(id, run) {
      const exchange = id === undefined ? undefined : open.get(id);
      return exchange === undefined ? run() : exchange.within(run);
    },
    failAll(error) {
      for (const exchange of open.values()) {
        exchange.fail(error);
      }
    },
  };
}

interface Exchange {
  /** Runs in the async context in which the gateway has handed the request over. */
  readonly within: <R>(run: () => R) => R;
  begin(caller: Caller): void;
  receive(message: ResponseMessage): void;
  fail(error: RelayError): void;
}

interface ExchangeParts {
  readonly id: number;
  readonly request: ClientRequest;
  readonly response: ClientResponse;
  readonly send: Channel<RequestMessage>["send"];
  readonly protocol: Protocol;
}

function createExchange({ id, request, response, send, protocol }: ExchangeParts): Exchange {
  /** Bytes of the body that the relay has not read yet. */
  let unread = 0;
  /** Bytes of the answer that the connection has taken since the last report. */
  let taken = 0;
  let isEventStream = false;
  let stopReading: (() => void) | undefined;

  const report = () => {
    if (taken >= reportBytes) {
      send(["taken", id, taken]);
      taken = 0;
    }
  };

  const begin = (caller: Caller, body: Uint8Array | undefined) => {
    const { method, url, socket } = request;
    const { authorization, ...others } = request.headers;
    send([
      "open",
      id,
      {
        ...caller,
        method,
        url,
        // The gateway's own credential stays in its thread.
        headers: caller.surface === "operator" ? others : { authorization, ...others },
        remoteAddress: socket.remoteAddress,
        body,
      },
    ]);
  };

  const sendPiece = (piece: Buffer) => {
    unread += piece.length;
    // A copy, because the buffer may be a view of memory that others use; it moves, because cloning would copy it twice more.
    const copy = new Uint8Array(piece);
    send(["body", id, copy], copy.buffer);
    if (unread >= windowBytes) {
      request.pause();
    }
  };

  return {
    within: AsyncLocalStorage.snapshot(),
    begin(caller) {
      request.on("error", () => undefined);
      const length = Number(request.headers["content-length"] ?? 0);
      const hasLength = request.headers["transfer-encoding"] === undefined;
      if (hasLength && length === 0) {
        begin(caller, new Uint8Array());
        return;
      }
      const isWhole = hasLength && length <= maxWholeBytes;
      const body = createByteCollector();
      const onData = isWhole ? (piece: Buffer) => body.push(piece) : sendPiece;
      const onEnd = () => {
        if (isWhole) {
          begin(caller, new Uint8Array(body.take()));
        } else {
          send(["body-end", id]);
        }
      };
      if (!isWhole) {
        begin(caller, undefined);
      }
      request.on("data", onData);
      request.once("end", onEnd);
      stopReading = () => {
        request.off("data", onData);
        request.off("end", onEnd);
        // Discard the rest as it arrives, so that the client can finish sending and then reads the answer.
        request.resume();
      };
    },
    receive(message) {
      const [kind] = message;
      if (kind === "head") {
        const [, , status, headers] = message;
        isEventStream = headers.some((value) => value.startsWith("text/event-stream"));
        response.writeHead(status, [...headers]);
      } else if (kind === "data") {
        const [, , piece] = message;
        taken += piece.length;
        const isTaken =
          typeof piece === "string" ? response.write(piece, "latin1") : response.write(piece);
        if (isTaken) {
          report();
        } else {
          response.once("drain", report);
        }
      } else if (kind === "end") {
        stopReading?.();
        response.end();
      } else if (kind === "destroy") {
        response.destroy();
      } else {
        unread -= message[2];
        if (unread < windowBytes) {
          request.resume();
        }
      }
    },
    fail(error) {
      stopReading?.();
      if (!response.headersSent) {
        answer(response, error, protocol);
      } else if (isEventStream) {
        response.end(`\n\n${protocol.errorEvent(error)}`);
      } else {
        response.destroy();
      }
    },
  };
}

function answer(response: ClientResponse, error: RelayError, protocol: Protocol): void {
  const body = Buffer.from(protocol.errorBody(error));
  response.writeHead(error.status, [
    "content-type",
    "application/json; charset=utf-8",
    "content-length",
    String(body.length),
  ]);
  response.end(body);
}
