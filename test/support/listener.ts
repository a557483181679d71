/** The relay's own listener on a free port, with settings that a test changes. */
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { ListenSettings } from "../../src/config/schema.ts";
import type { ClientResponse } from "../../src/http/exchange.ts";
import type { RouteHandler } from "../../src/http/route.ts";
import {
  createListener,
  type Listener,
  type ListenerOptions,
} from "../../src/listener/listener.ts";
import { listenSettings } from "./listen-settings.ts";

interface TestListener {
  readonly listener: Listener;
  readonly url: string;
  readonly port: number;
  /** Log lines, each with its level first. */
  readonly log: string[];
  /** Requests that reached the handler. */
  readonly handled: string[];
  /** Changes some settings and applies them. */
  change(some: Partial<ListenSettings> | undefined): Promise<void>;
}

type Options = Partial<Omit<ListenerOptions, "settings" | "logger">> & {
  readonly settings?: Partial<ListenSettings>;
};

/** Starts a listener, which stops at the test's end. Without a handler it answers with method, path and body. */
export async function startListener(options: Options = {}): Promise<TestListener> {
  let settings: ListenSettings | undefined = { ...listenSettings, ...options.settings };
  const log: string[] = [];
  const handled: string[] = [];
  const at = (level: string) => (line: string) => log.push(`${level} ${line}`);
  const handler = options.handler ?? echo;
  const listener = createListener({
    isServing: () => true,
    isTrustedProxy: () => false,
    checkMs: 20,
    ...options,
    settings: () => settings,
    handler: (request, response) => {
      handled.push(`${request.method} ${request.url}`);
      return handler(request, response);
    },
    logger: { debug: undefined, info: at("info"), warn: at("warn") },
  });
  await listener.start();
  onTestFinished(() => listener.stop(0));
  const url = listener.url() ?? "";
  return {
    listener,
    url,
    port: Number(url === "" ? 0 : new URL(url).port),
    log,
    handled,
    change(some) {
      settings =
        some === undefined || settings === undefined ? undefined : { ...settings, ...some };
      return listener.update();
    },
  };
}

const echo: RouteHandler = (request, response) => {
  const parts: Buffer[] = [];
  request.on("error", () => undefined);
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    const body = `${request.method} ${request.url} ${Buffer.concat(parts).toString()}`;
    response.writeHead(200, ["content-length", String(body.length)]).end(body);
  });
  return new Promise((resolve) => response.once("close", () => resolve()));
};

/** A handler whose streams begin and then wait for the test. */
export function openStreams(): { readonly handler: RouteHandler; readonly open: ClientResponse[] } {
  const open: ClientResponse[] = [];
  return {
    open,
    handler: (_request, response) => {
      response.write("begun");
      open.push(response);
      return new Promise((resolve) => response.once("close", () => resolve()));
    },
  };
}

/** Opens connections that stay open until the test's end. Those that the server refuses are closed soon. */
export async function connections(
  port: number,
  count: number,
  from = "127.0.0.1",
): Promise<Socket[]> {
  const sockets = await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect({ port, host: "127.0.0.1", localAddress: from });
      socket.on("error", () => undefined).resume();
      await new Promise((resolve) => socket.once("connect", resolve).once("close", resolve));
      return socket;
    }),
  );
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
  return sockets;
}
