/** The data plane's side of the ports: answers from the gateway's last snapshot, from caches, or by a call to the gateway. */
import { createProxyRules, type ProxyRules } from "../access/client-address.ts";
import type { AgentRun, AgentRunResult } from "../agent/run.ts";
import { perSnapshot } from "../config/per-snapshot.ts";
import { resolveConfig } from "../config/resolve.ts";
import type { RelayHost } from "./relay-host.ts";
import { cachedRoutes } from "../routing/cached-routes.ts";
import { cachedTargets } from "../routing/cached-targets.ts";
import type { Route } from "../routing/route.ts";
import type { Credential } from "../upstream/credentials.ts";
import type { RuntimeFailure } from "../protocols/runtime.ts";
import { cachedCredentials } from "../upstream/cached-credentials.ts";
import type { CallOptions, Caller } from "./calls.ts";
import type { CallEvent, PlainCall, PlainRun, RunEvent } from "./host-calls.ts";
import type { HostSnapshot } from "./host-snapshot.ts";

export interface RemoteHost extends RelayHost, Pick<ProxyRules, "isTrustedProxy"> {
  /** Takes a snapshot that the gateway has pushed. */
  update(snapshot: HostSnapshot): void;
  isVerbose(): boolean;
  /** Whether one of the host's own exporters is enabled and can be fed. */
  wantsModelReports(): boolean;
}

/** Time limit of calls. Long, because an old host on a busy machine takes tens of seconds to prepare its first model. */
const answerWithinMs = 60_000;
/** Images may come from other servers. */
const imagesWithinMs = 120_000;

export function createRemoteHost(calls: Pick<Caller, "call">, first: HostSnapshot): RemoteHost {
  let snapshot = first;
  const current = () => snapshot;
  const config = perSnapshot(current, (latest) => resolveConfig(latest.config));
  const proxies = perSnapshot(current, (latest) => createProxyRules(latest.proxySettings));
  let gateway = { revision: first.gatewayRevision };
  const ask =
    <R>(name: string) =>
    (...args: readonly unknown[]): Promise<R> =>
      calls.call(name, args, { timeoutMs: answerWithinMs });
  const credentials = cachedCredentials({
    credential: (route) => ask<Credential>("credential")(withoutSecrets(route)),
    nextCredential: (route, tried) =>
      ask<Credential | undefined>("nextCredential")(withoutSecrets(route), tried),
  });
  return {
    update(latest) {
      snapshot = latest;
      if (latest.gatewayRevision !== gateway.revision) {
        gateway = { revision: latest.gatewayRevision };
      }
    },
    isVerbose: () => snapshot.isVerbose,
    wantsModelReports: () => snapshot.wantsModelReports,
    config,
    agents: () => snapshot.agents,
    agentTargets: (agentId) => snapshot.agentTargets.get(agentId) ?? [],
    workspace: (agentId) => snapshot.workspaces.get(agentId) ?? "",
    capabilities: () => snapshot.capabilities,
    hostFacts: () => snapshot.hostFacts,
    coreEndpoints: () => snapshot.coreEndpoints,
    configuredProviders: () => snapshot.configuredProviders,
    missingHookPermissions: () => snapshot.missingHookPermissions,
    gatewayPort: () => snapshot.gatewayPort,
    stateFolder: () => snapshot.stateFolder,
    clientAddress: (peer) => proxies().clientAddress(peer),
    isTrustedProxy: (address) => proxies().isTrustedProxy(address),
    lookUpModel: cachedTargets(current, ask("lookUpModel")),
    directTarget: cachedTargets(current, ask("directTarget")),
    directModels: ask("directModels"),
    providers: ask("providers"),
    describeTarget: ask("describeTarget"),
    route: cachedRoutes(() => gateway, ask("route")),
    embeddingsRoute: cachedRoutes(() => gateway, ask("embeddingsRoute")),
    ...credentials,
    deleteMemorySession: ask("deleteMemorySession"),
    loadImages: (urls, signal) =>
      urls.length === 0
        ? Promise.resolve([])
        : calls.call("loadImages", [urls], { signal, timeoutMs: imagesWithinMs }),
    runAgent(run) {
      const { signal, onText, onError, onStep, ...plain } = run;
      return calls.call<AgentRunResult>("runAgent", [plain satisfies PlainRun], {
        signal,
        timeoutMs: answerWithinMs,
        onEvent: hearRun({ onText, onError, onStep }),
      });
    },
    callModel(call) {
      const { signal, onBegin, onEvents, ...plain } = call;
      return calls.call<RuntimeFailure | undefined>("callModel", [plain satisfies PlainCall], {
        signal,
        timeoutMs: answerWithinMs,
        onEvent: (event: CallEvent) => {
          if (event.kind === "begun") {
            onBegin();
          } else {
            onEvents(event.events);
          }
        },
      });
    },
  };
}

function hearRun(
  run: Pick<AgentRun, "onText" | "onError" | "onStep">,
): NonNullable<CallOptions["onEvent"]> {
  return (event: RunEvent) => {
    if (event.kind === "text") {
      run.onText(event.piece);
    } else if (event.kind === "step") {
      run.onStep(event.step);
    } else if (event.kind === "error") {
      run.onError(event.message);
    }
  };
}

/** What a credential depends on. The route's headers and its TLS settings stay in this thread. */
function withoutSecrets(route: Route): Route {
  return {
    ...route,
    headers: {},
    secretValues: [],
    transport: { tls: undefined, proxy: { kind: "environment", tls: undefined } },
  };
}
