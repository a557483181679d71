/** Our handlers on a plain HTTP server, with a fake host that the test configures. */
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RelayError } from "../../src/errors.ts";
import type { HostPorts } from "../../src/host/create-host.ts";
import type { RouteHandler } from "../../src/http/route.ts";
import { createListener } from "../../src/listener/listener.ts";
import { createRelay, type Relay } from "../../src/relay.ts";
import type { Route } from "../../src/routing/route.ts";
import { overMessagePort } from "./ports.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import { listenSettings } from "./listen-settings.ts";

export interface RelayServer {
  readonly url: string;
  readonly relay: Relay;
  /** Log lines, each with its level first. */
  readonly log: string[];
  /** The number of open connections from clients. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

export interface FakeHostOptions {
  /** The models of the agent `main`, primary first. */
  readonly models: readonly string[];
  /** The ids of identical agents; by default only `main`. */
  readonly agents?: readonly string[];
  /** Base URLs by provider id. */
  readonly providers: Readonly<Record<string, string>>;
  /** The plugin's config; its mode is `passthrough` by default. */
  readonly config?: Record<string, unknown>;
  readonly scopes?: readonly string[];
  readonly route?: Partial<Route>;
  /** APIs by provider id; by default that of the relayed protocol. */
  readonly apis?: Readonly<Record<string, string>>;
  readonly runAgent?: HostPorts["runAgent"];
  /** By default the host can call no API. */
  readonly callModel?: HostPorts["callModel"];
  /** By default all. */
  readonly capabilities?: Partial<ReturnType<HostPorts["capabilities"]>>;
  readonly deleteMemorySession?: HostPorts["deleteMemorySession"];
  /** The agent's workspace folder. */
  readonly workspace?: string;
  /** The cost of all models. */
  readonly cost?: Route["cost"];
  readonly stateFolder?: string;
  /** Tokens by `provider/model`. */
  readonly contextWindows?: Readonly<Record<string, number>>;
  /** Keys of the auth profiles `p0`, `p1` … in order; by default one key from the config. */
  readonly keys?: readonly string[];
}

/** A fake host with one agent, `main`, and the test's providers. */
export function fakeHost(options: FakeHostOptions): HostPorts {
  // Created only when something is written there.
  const stateFolder = options.stateFolder ?? join(tmpdir(), `openclaw-passthrough-${randomUUID()}`);
  const config = resolveConfig({ mode: "passthrough", ...options.config });
  const keys = options.keys?.map((value, at) => ({ source: `p${at}`, value })) ?? [
    { source: "config", value: "sk-provider-key" },
  ];
  const capabilities = { trimmedRuns: true, toolLimits: true, ...options.capabilities };
  const routes = new Map<string, Route>();
  const route: HostPorts["route"] = async ({ modelRef = options.models[0] ?? "", agentId }) => {
    const known = routes.get(modelRef);
    if (known !== undefined) {
      return known;
    }
    const [provider = "", ...rest] = modelRef.split("/");
    const baseUrl = new Map(Object.entries(options.providers)).get(provider);
    if (baseUrl === undefined) {
      throw new RelayError("model_not_found", `There is no model ${JSON.stringify(modelRef)}.`);
    }
    const made: Route = {
      agentId,
      provider,
      modelId: rest.join("/"),
      api: new Map(Object.entries(options.apis ?? {})).get(provider) ?? "openai-completions",
      baseUrl,
      cost: options.cost,
      contextWindow: options.contextWindows?.[modelRef],
      headers: {},
      sendsKey: true,
      transport: { tls: undefined, proxy: { kind: "environment", tls: undefined } },
      ...options.route,
    };
    routes.set(modelRef, made);
    return made;
  };
  const lookUpModel: HostPorts["lookUpModel"] = async (agentId, raw) => ({
    agentId,
    modelRef: raw,
    namedBy: "client",
    isListed: options.models.includes(raw),
  });
  return {
    config: () => config,
    agents: () => ({ ids: options.agents ?? ["main"], hostDefault: "main" }),
    operatorScopes: () => options.scopes ?? ["operator.admin"],
    clientAddress: ({ remoteAddress }) => remoteAddress ?? "",
    stateFolder: () => stateFolder,
    agentTargets: (agentId) =>
      options.models.map((modelRef) => ({ agentId, modelRef, namedBy: "agent" })),
    lookUpModel,
    directTarget: lookUpModel,
    workspace: () => options.workspace ?? "/nonexistent",
    route,
    embeddingsRoute: route,
    credential: async (to) =>
      (to.sendsKey ? keys[0] : undefined) ?? { source: "config", value: undefined },
    nextCredential: async (_to, tried) => keys.find(({ source }) => !tried.has(source)),
    directModels: async () =>
      options.models.map((ref) => {
        const [provider = "", ...rest] = ref.split("/");
        return { provider, modelId: rest.join("/") };
      }),
    loadImages: async () => [],
    runAgent:
      options.runAgent ??
      (async () => {
        throw new Error("this host has no agents to run");
      }),
    callModel:
      options.callModel ??
      (async ({ onBegin }) => {
        onBegin();
        return { kind: "unknown-api", message: "this host has no models to call" };
      }),
    capabilities: () => capabilities,
    hostFacts: () => ({ version: "2026.9.6", capabilities: { ...capabilities } }),
    gatewayConfig: () => config,
    proxySettings: () => ({ trustedProxies: [], allowRealIpFallback: false }),
    wantsModelReports: () => false,
    takeModelReports: () => undefined,
    isVerbose: () => true,
    deleteMemorySession: options.deleteMemorySession ?? (async () => true),
    coreEndpoints: () => [],
    configuredProviders: () =>
      Object.entries(options.providers).map(([id, baseUrl]) => ({ id, baseUrl })),
    describeTarget: async ({ modelRef = options.models[0] ?? "" }) => {
      const [provider = "", ...rest] = modelRef.split("/");
      const hasProvider = Object.hasOwn(options.providers, provider);
      return {
        provider,
        modelId: rest.join("/"),
        hasProvider,
        isListed: hasProvider,
        hasKey: true,
      };
    },
    providers: async () => new Set(Object.keys(options.providers)),
    missingHookPermissions: () => [],
    gatewayPort: () => 18_789,
    close() {
      if (options.stateFolder === undefined) {
        rmSync(stateFolder, { recursive: true, force: true });
      }
    },
  };
}

export const entries = ["a plain server", "the listener"] as const;
export type Entry = (typeof entries)[number];

export interface RelayServerOptions {
  /** What a request waits for before it reaches the relay, such as the gateway's authentication. */
  readonly admit?: (request: IncomingMessage) => Promise<unknown>;
  /** What clients connect to: a plain server in place of the gateway's, or the relay's own listener. */
  readonly entry?: Entry;
  /** What the opening of the key and usage files waits for; by default they are open before the first request. */
  readonly beforeOpening?: Promise<unknown>;
}

/** Serves the relay on a free port. */
export async function startRelayServer(
  host: HostPorts,
  { admit, beforeOpening, entry = "a plain server" }: RelayServerOptions = {},
): Promise<RelayServer> {
  const log: string[] = [];
  const at = (level: string) => (line: string) => log.push(`${level} ${line}`);
  const ports = process.env["RELAY_PORTS"] === "message" ? overMessagePort(host) : undefined;
  const relay = createRelay({
    host: ports?.host ?? host,
    logger: { debug: at("debug"), info: at("info"), warn: at("warn") },
  });
  if (beforeOpening === undefined) {
    await relay.start();
    // A test's log starts with its requests.
    log.length = 0;
  } else {
    void beforeOpening.then(relay.start);
  }
  const { operator, keyed } = relay.surfaces;
  const serve: RouteHandler = (request, response) =>
    /^\/passthrough\/(?:v1|metrics)/.test(request.url ?? "")
      ? keyed(request, response)
      : operator(Object.assign(request, { operatorScopes: host.operatorScopes() }), response);
  const handler: RouteHandler = async (request, response) => {
    await admit?.(request as IncomingMessage);
    await serve(request, response);
  };
  const front = entry === "the listener" ? await listen(handler) : await startPlainServer(handler);
  return {
    ...front,
    relay,
    log,
    async close() {
      await front.close();
      await relay.stop();
      ports?.close();
      host.close();
    },
  };
}

interface Front {
  readonly url: string;
  connections(): Promise<number>;
  close(): Promise<unknown>;
}

async function startPlainServer(handler: RouteHandler): Promise<Front> {
  const server = createServer((request, response) => void handler(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () =>
      new Promise((resolve) => server.getConnections((_error, count) => resolve(count))),
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listen(handler: RouteHandler): Promise<Front> {
  const listener = createListener({
    settings: () => listenSettings,
    handler,
    isServing: () => true,
    isTrustedProxy: () => false,
    logger: { debug: undefined, info: () => undefined, warn: () => undefined },
  });
  await listener.start();
  return {
    url: listener.url() ?? "",
    connections: async () => listener.connections(),
    close: () => listener.stop(0),
  };
}
