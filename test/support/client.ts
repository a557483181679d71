/** A plain HTTP client that returns bytes unchanged, as they arrive. */
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { request as requestOverTls } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Whether the body is complete according to its framing. */
  readonly complete: boolean;
}

export interface CallOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: unknown;
  /** For an `https:` URL: the certificate to trust, and the name that it is for. */
  readonly tls?: { readonly ca: string; readonly servername: string };
  /** Closes the connection. */
  readonly signal?: AbortSignal;
  /** `call` calls it for each part of the body, with everything received so far. */
  readonly onBody?: (soFar: string) => void;
}

/** An answer whose head has arrived. */
export interface OpenAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The unread body. */
  readonly stream: IncomingMessage;
  /** Closes the connection. */
  abort(): void;
}

/** Sends a request and waits for the answer's head. */
export function open(url: string, options: CallOptions = {}): Promise<OpenAnswer> {
  const body = encode(options.body);
  return new Promise((resolve, reject) => {
    const send = url.startsWith("https:") ? requestOverTls : request;
    const outgoing = send(url, {
      ...options.tls,
      ...(options.signal && { signal: options.signal }),
      agent: false,
      method: options.method ?? (body === undefined ? "GET" : "POST"),
      headers: {
        ...(body === undefined ? {} : { "content-length": String(body.length) }),
        ...options.headers,
      },
    });
    outgoing.on("error", reject);
    outgoing.on("response", (stream) => {
      stream.on("error", () => undefined);
      resolve({
        status: stream.statusCode ?? 0,
        headers: stream.headers,
        stream,
        abort: () => outgoing.destroy(),
      });
    });
    outgoing.end(body);
  });
}

/** Sends a request and reads the whole answer. */
export async function call(url: string, options: CallOptions = {}): Promise<Answer> {
  const { status, headers, stream } = await open(url, options);
  const parts: Buffer[] = [];
  stream.on("data", (part: Buffer) => {
    parts.push(part);
    options.onBody?.(Buffer.concat(parts).toString());
  });
  await new Promise((resolve) => stream.once("close", resolve));
  return { status, headers, body: Buffer.concat(parts), complete: stream.complete };
}

/**
 * Sends a request and disconnects, whatever has arrived.
 * @param moment resolves when it is time to disconnect. An event and not a delay, because a busy machine takes any time.
 */
export async function callAndLeave(
  url: string,
  options: CallOptions,
  moment: () => Promise<unknown>,
): Promise<void> {
  const body = encode(options.body);
  const outgoing = request(url, { agent: false, method: "POST", headers: options.headers ?? {} });
  outgoing.on("error", () => undefined);
  outgoing.end(body);
  await moment();
  outgoing.destroy();
}

/** `heard` resolves after this many keep-alive comments; pass `onBody` to `call`. */
export function countKeepAlives(count: number): {
  readonly heard: Promise<void>;
  readonly onBody: (soFar: string) => void;
} {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    heard: promise,
    onBody(soFar) {
      if (soFar.split(": keepalive\n").length > count) {
        resolve();
      }
    },
  };
}

function encode(body: unknown): Buffer | undefined {
  if (body === undefined || Buffer.isBuffer(body)) {
    return body;
  }
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}

/**
 * Waits until a condition holds.
 * @param withinMs only guards against hanging: on a busy machine anything may take seconds.
 * @throws Error after `withinMs`.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  withinMs = 30_000,
): Promise<void> {
  // This clock is not affected by fake timers.
  const deadline = process.uptime() + withinMs / 1000;
  while (!(await condition())) {
    if (process.uptime() > deadline) {
      throw new Error(`not within ${withinMs} ms: ${String(condition)}`);
    }
    await sleep(5);
  }
}
