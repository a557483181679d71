/** Connection pools to providers: one keep-alive pool for each origin, TLS and proxy setting, and connect timeout. */
import { LRUCache } from "lru-cache";
import type { Dispatcher } from "undici";
// Not from undici itself: that costs the worker's start 30 ms and 600 kB.
import connect from "undici/lib/api/api-connect.js";
import BaseDispatcher from "undici/lib/dispatcher/dispatcher.js";
import EnvHttpProxyAgent from "undici/lib/dispatcher/env-http-proxy-agent.js";
import Pool from "undici/lib/dispatcher/pool.js";
import ProxyAgent from "undici/lib/dispatcher/proxy-agent.js";
import type { Route, TlsOptions } from "../routing/route.ts";

// As undici's main module does. Its proxy agents ask a proxy for a tunnel by this method.
BaseDispatcher.prototype.connect = connect;

export interface DispatcherOptions {
  /** The environment with `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`. */
  readonly environment?: NodeJS.ProcessEnv;
}

export interface Dispatchers {
  /**
   * Returns the dispatcher for a route. Routes with the same origin and transport share one.
   * @param connectTimeoutMs time limit of the TCP and TLS handshake.
   */
  for(route: Route, connectTimeoutMs: number): Dispatcher;
  /** Number of open dispatchers. */
  readonly size: number;
  /** Closes all dispatchers, each after its last request has ended. */
  close(): Promise<void>;
}

/** Most dispatchers at once. Beyond it, the least recently used one is closed. */
const maxDispatchers = 100;

/** How long an idle connection stays open: long enough for the pauses in a conversation. */
const keepAliveTimeoutMs = 30_000;

/** Creates pools on demand. A pool opens connections when it is first used. */
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
    // The relay has its own timers. undici's would also run while a slow client pauses the stream.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: keepAliveTimeoutMs,
    // One request per connection: on a shared HTTP/2 connection a paused stream can block others.
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
