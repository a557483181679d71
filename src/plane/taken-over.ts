/** The data plane's end of requests that the gateway hands over: request and response as Node's own HTTP server has them. */
import { Readable, Writable } from "node:stream";
import type { ClientRequest, ClientResponse } from "../http/exchange.ts";
import type { RouteHandler } from "../http/route.ts";
import type { Channel } from "./channel.ts";
import {
  type HandedOver,
  reportBytes,
  type RequestMessage,
  type ResponseMessage,
  toPiece,
  windowBytes,
} from "./handed-over.ts";

export interface TakeOver {
  receive(message: RequestMessage): void;
}

interface Exchange {
  readonly request: TakenRequest;
  readonly response: TakenResponse;
}

export function createTakeOver(
  channel: Channel<ResponseMessage>,
  handlers: Readonly<Record<HandedOver["surface"], RouteHandler>>,
): TakeOver {
  const open = new Map<number, Exchange>();
  return {
    receive(message) {
      const [kind, id, content] = message;
      if (kind === "open") {
        const request = new TakenRequest(id, content, (bytes) => channel.send(["read", id, bytes]));
        const response = new TakenResponse(id, channel);
        open.set(id, { request, response });
        response.once("close", () => open.delete(id));
        void handlers[content.surface](request, response);
        return;
      }
      const exchange = open.get(id);
      if (exchange === undefined) {
        return;
      }
      const { request, response } = exchange;
      if (kind === "body") {
        request.add(content);
      } else if (kind === "body-end") {
        request.finish();
      } else if (kind === "taken") {
        response.noteTaken(content);
      } else {
        request.destroy(request.complete ? undefined : new Error("aborted"));
        response.abandon();
      }
    },
  };
}

class TakenRequest extends Readable implements ClientRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: HandedOver["headers"];
  readonly socket: { readonly remoteAddress: string | undefined };
  readonly operatorScopes: readonly string[] | undefined;
  readonly handedOverAs: number;
  /** Whether the whole body has arrived. */
  complete: boolean;
  readonly #reportRead: (bytes: number) => void;
  /** Bytes that have arrived and were not reported as read. */
  #unreported = 0;

  constructor(id: number, handed: HandedOver, reportRead: (bytes: number) => void) {
    super();
    this.handedOverAs = id;
    const { method, url, headers, remoteAddress, operatorScopes, body } = handed;
    this.method = method;
    this.url = url;
    this.headers = headers;
    this.socket = { remoteAddress };
    this.operatorScopes = operatorScopes;
    this.#reportRead = reportRead;
    this.complete = body !== undefined;
    // An abort is an error only for those who read.
    this.on("error", () => undefined);
    if (body !== undefined) {
      if (body.length > 0) {
        this.push(asBuffer(body));
      }
      this.push(null);
    }
  }

  add(piece: Uint8Array): void {
    this.#unreported += piece.length;
    this.push(asBuffer(piece));
  }

  finish(): void {
    this.complete = true;
    this.push(null);
  }

  override _read(): void {
    if (this.#unreported >= reportBytes) {
      this.#reportRead(this.#unreported);
      this.#unreported = 0;
    }
  }
}

function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

class TakenResponse extends Writable implements ClientResponse {
  statusCode = 200;
  headersSent = false;
  readonly #id: number;
  readonly #channel: Channel<ResponseMessage>;
  /** Bytes of the answer that the client's connection has not taken. */
  #underWay = 0;
  #resume: (() => void) | undefined;
  #isGone = false;

  constructor(id: number, channel: Channel<ResponseMessage>) {
    super({ decodeStrings: true });
    this.#id = id;
    this.#channel = channel;
  }

  writeHead(status: number, headers: string[] = []): this {
    this.statusCode = status;
    this.headersSent = true;
    this.#channel.send(["head", this.#id, status, headers]);
    return this;
  }

  noteTaken(bytes: number): void {
    this.#underWay -= bytes;
    if (this.#underWay < windowBytes) {
      const resume = this.#resume;
      this.#resume = undefined;
      resume?.();
    }
  }

  /** The client has disconnected. */
  abandon(): void {
    this.#isGone = true;
    this.destroy();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, taken: () => void): void {
    if (!this.headersSent) {
      this.writeHead(this.statusCode);
    }
    const { piece, moved } = toPiece(bytes);
    this.#channel.send(["data", this.#id, piece], moved);
    this.#underWay += bytes.length;
    if (this.#underWay < windowBytes) {
      taken();
    } else {
      this.#resume = taken;
    }
  }

  override _final(ended: () => void): void {
    if (!this.headersSent) {
      this.writeHead(this.statusCode);
    }
    this.#channel.send(["end", this.#id]);
    ended();
  }

  override _destroy(error: Error | null, destroyed: (error: Error | null) => void): void {
    if (!this.#isGone && !this.writableFinished) {
      this.#channel.send(["destroy", this.#id]);
    }
    destroyed(error);
  }
}
