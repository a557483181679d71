/** The connections to providers: one keep-alive pool for each origin and way to reach it. */
import { LRUCache } from "lru-cache";
import { type Dispatcher, EnvHttpProxyAgent, Pool, ProxyAgent } from "undici";
import type { Route, TlsOptions } from "../routing/route.ts";

export interface DispatcherOptions {
  /** The environment whose `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` count. */
  readonly environment?: NodeJS.ProcessEnv;
}

export interface Dispatchers {
  /**
   * The dispatcher for a route; the same one for every route that is reached the same way.
   * @param connectTimeoutMs how long a TCP and TLS handshake may take.
   */
  for(route: Route, connectTimeoutMs: number): Dispatcher;
  /** How many are open. */
  readonly size: number;
  /** Closes them all, each when its last request has ended. */
  close(): Promise<void>;
}

/** Ways to reach providers that are kept open at once; the one unused for longest is closed first. */
const maxDispatchers = 100;

/** An idle connection is kept this long. Long enough for the pauses in a conversation. */
const keepAliveTimeoutMs = 30_000;

/** Makes the pools; they open connections when they are first used. */
export function createDispatchers(options: DispatcherOptions = {}): Dispatchers {
  const environment = options.environment ?? process.env;
  const keys = new WeakMap<Route, string>();
  const closing = new Set<Promise<void>>();
  const retire = (dispatcher: Dispatcher) => {
    const closed = dispatcher.close().catch(() => undefined);
    closing.add(closed);
    void closed.then(() => closing.delete(closed));
  };
  const open = new LRUCache<string, Dispatcher>({ max: maxDispatchers, dispose: retire });

  return {
    for(route, connectTimeoutMs) {
      let key = keys.get(route);
      if (key === undefined) {
        const { origin } = new URL(route.baseUrl);
        key = JSON.stringify([origin, route.transport, connectTimeoutMs]);
        keys.set(route, key);
      }
      let dispatcher = open.get(key);
      if (dispatcher === undefined) {
        dispatcher = createDispatcher(route, connectTimeoutMs, environment);
        open.set(key, dispatcher);
      }
      return dispatcher;
    },
    get size() {
      return open.size;
    },
    async close() {
      open.clear();
      await Promise.all(closing);
    },
  };
}

function createDispatcher(
  route: Route,
  connectTimeoutMs: number,
  environment: NodeJS.ProcessEnv,
): Dispatcher {
  const { tls, proxy } = route.transport;
  const connection = {
    connect: { timeout: connectTimeoutMs, ...tls },
    // The relay has timers of its own; undici's would count the silence of a slow client, too.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: keepAliveTimeoutMs,
    // One request a connection: a paused stream must not hold up its neighbours, as it can on a shared HTTP/2 one.
    allowH2: false,
  };
  if (proxy.kind === "explicit") {
    return new ProxyAgent({ ...connection, uri: proxy.url, ...proxyTlsOptions(proxy.tls, tls) });
  }
  const proxyVariables = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"];
  if (proxyVariables.some((name) => environment[name])) {
    return new EnvHttpProxyAgent({ ...connection, ...proxyTlsOptions(proxy.tls, tls) });
  }
  return new Pool(new URL(route.baseUrl).origin, connection);
}

function proxyTlsOptions(proxyTls: TlsOptions | undefined, requestTls: TlsOptions | undefined) {
  return {
    ...(proxyTls ? { proxyTls } : {}),
    ...(requestTls ? { requestTls } : {}),
  };
}
