/** An HTTP server with bounds on its connections and their requests, which can drain. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import { isLoopback } from "../access/client-address.ts";
import type { ListenSettings } from "../config/schema.ts";
import type { RouteHandler } from "../http/route.ts";
import { createAddressCounts } from "./address-counts.ts";
import type { Certificate } from "./certificate.ts";
import { createExchanges } from "./exchanges.ts";
import { answerHealth, isHealthCheck } from "./health.ts";
import { refusalOf, refusals, sendRefusal } from "./refusals.ts";
import { flawOf } from "./request-flaw.ts";

export interface ServingOptions {
  readonly handler: RouteHandler;
  /** Whether requests can be served; `/healthz` says so. */
  readonly isServing: () => boolean;
  /** Whether many clients share this address. */
  readonly isTrustedProxy: (address: string) => boolean;
  /** Called for each connection that was closed because there were too many, or that could not be accepted. */
  readonly onRefused: () => void;
}

export interface BoundedServer {
  /** @throws Error of `node:net`, such as EADDRINUSE. */
  listen(): Promise<void>;
  /** The port that it listens on; undefined if it does not. */
  readonly port: number | undefined;
  readonly connections: number;
  /** Applies other bounds at once, also to open connections. */
  setBounds(bounds: ListenSettings): void;
  /** For new connections. */
  setCertificate(certificate: Certificate): void;
  /** Stops listening, and closes each connection after its answer. Resolves when all are closed. */
  drain(): Promise<void>;
  /** Closes all connections. */
  destroy(): void;
}

/** How often Node looks for requests that take too long to arrive. */
const timeoutCheckMs = 500;
/** How long a drain waits for the head of a request. */
const lastHeadMs = 1000;
const handshakeTimeoutMs = 10_000;
/** TCP probes find clients that have vanished without closing their connection. */
const probeAfterMs = 60_000;
/** Connections that the system holds while the thread is busy. */
const backlog = 4096;

export function createBoundedServer(
  settings: ListenSettings,
  certificate: Certificate | undefined,
  { handler, isServing, isTrustedProxy, onRefused }: ServingOptions,
): BoundedServer {
  let bounds = settings;
  let isDraining = false;
  const exchanges = createExchanges(() => bounds.maxPipelinedRequests);
  const counts = createAddressCounts();
  /** The TCP connections. */
  const sockets = new Set<Socket>();
  /** The connections that carry HTTP: the same, or those over TLS. */
  const clients = new Set<Socket>();

  const options = {
    connectionsCheckingInterval: timeoutCheckMs,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: probeAfterMs,
    // Checked in request-flaw.ts: Node's own refusal does not count as a pipelined request.
    requireHostHeader: false,
  };
  const tlsServer =
    certificate === undefined
      ? undefined
      : createTlsServer({ ...options, ...certificate, handshakeTimeout: handshakeTimeoutMs });
  const server = tlsServer ?? createServer(options);

  const isAdmitted = (socket: Socket): boolean => {
    const { remoteAddress: address } = socket;
    if (address === undefined || isLoopback(address) || isTrustedProxy(address)) {
      return address !== undefined;
    }
    const isCounted = counts.add(address, bounds.maxConnectionsPerAddress);
    if (isCounted) {
      socket.once("close", () => counts.remove(address));
    } else {
      onRefused();
    }
    return isCounted;
  };
  // Node's own listener makes a parser, or begins a handshake. A refused connection must cost neither.
  const accept = server.listeners("connection");
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    if (!isAdmitted(socket)) {
      socket.destroy();
      return;
    }
    track(sockets, socket);
    if (tlsServer === undefined) {
      track(clients, socket);
    }
    for (const listener of accept) {
      listener.call(server, socket);
    }
  });
  tlsServer?.on("secureConnection", (socket) => track(clients, socket));
  server.on("drop", onRefused);

  const serve = (request: IncomingMessage, response: ServerResponse) => {
    if (isHealthCheck(request)) {
      const health = isServing() ? "live" : "unavailable";
      answerHealth(request, response, isDraining ? "draining" : health);
    } else {
      void handler(request, response);
    }
  };
  const receive =
    (serveValid: typeof serve): typeof serve =>
    (request, response) =>
      exchanges.receive({ request, response, answer: serveUnlessFlawed(serveValid) });
  server.on("request", receive(serve));
  server.on(
    "checkContinue",
    receive((request, response) => {
      response.writeContinue();
      serve(request, response);
    }),
  );
  server.on(
    "checkExpectation",
    receive((_request, response) => sendRefusal(response, refusals.expectation)),
  );
  server.on("clientError", (error: NodeJS.ErrnoException, socket) =>
    exchanges.refuse(socket as Socket, refusalOf(error.code)),
  );
  server.on("connect", ({ socket }) => {
    // Node has let go of the connection: nobody else reads from it.
    socket.resume();
    exchanges.refuse(socket, refusals.target);
  });

  const setBounds = (next: ListenSettings) => {
    bounds = next;
    Object.assign(server, {
      maxConnections: next.maxConnections,
      maxHeaderSize: next.maxHeaderBytes,
      // Node would ignore further headers. Their size bounds their number.
      maxHeadersCount: 0,
      headersTimeout: Math.min(next.headersTimeoutMs, next.requestTimeoutMs),
      requestTimeout: next.requestTimeoutMs,
      keepAliveTimeout: next.idleTimeoutMs,
    });
  };
  setBounds(settings);

  /** Destroys the connections on which no request, or none that has arrived completely, is being served. */
  const destroyUnless = (hasArrived: (current: IncomingMessage) => boolean) => {
    for (const client of clients) {
      const current = exchanges.current(client);
      if (current === undefined || !hasArrived(current)) {
        client.destroy();
      }
    }
  };

  return {
    setBounds,
    get connections() {
      return sockets.size;
    },
    get port() {
      const address = server.address();
      return typeof address === "object" && address !== null ? address.port : undefined;
    },
    listen: () =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen({ host: settings.host, port: settings.port, backlog }, () => {
          server.off("error", reject).on("error", onRefused);
          resolve();
        });
      }),
    setCertificate: (next) => tlsServer?.setSecureContext(next),
    drain() {
      isDraining = true;
      exchanges.drain(clients);
      // Node's `close` closes idle connections, but none that has never had a request. It also ends Node's timeouts.
      for (const socket of sockets) {
        if (socket.bytesRead === 0) {
          socket.destroy();
        }
      }
      const timers = [
        setTimeout(() => destroyUnless(() => true), lastHeadMs),
        setTimeout(() => destroyUnless(({ complete }) => complete), bounds.requestTimeoutMs),
      ];
      return new Promise((resolve) => {
        server.close(() => {
          timers.forEach(clearTimeout);
          resolve();
        });
      });
    },
    destroy() {
      for (const socket of sockets) {
        socket.destroy();
      }
    },
  };
}

function serveUnlessFlawed(
  serve: (request: IncomingMessage, response: ServerResponse) => void,
): typeof serve {
  return (request, response) => {
    const flaw = flawOf(request);
    if (flaw === undefined) {
      serve(request, response);
    } else {
      sendRefusal(response, flaw);
    }
  };
}

function track(open: Set<Socket>, socket: Socket): void {
  open.add(socket);
  socket.once("close", () => open.delete(socket));
}
