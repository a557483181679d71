/** Implements the relay's ports with the plugin API and the plugin SDK of OpenClaw. */
import {
  ensureAuthProfileStore,
  resolveAgentWorkspaceDir,
  resolveAllowedModelRef,
  resolveAuthProfileOrder,
  resolveDefaultModelForAgent,
} from "openclaw/plugin-sdk/agent-runtime";
import { resolveGatewayPort } from "openclaw/plugin-sdk/core";
import type { OpenClawConfig, OpenClawPluginApi } from "openclaw/plugin-sdk/plugin-entry";
import { getPluginRuntimeGatewayRequestScope } from "openclaw/plugin-sdk/plugin-runtime";
import type { OperatorSource } from "../access/ports.ts";
import { perSnapshot } from "../config/per-snapshot.ts";
import { resolveConfig } from "../config/resolve.ts";
import type { SnapshotSource } from "../plane/host-snapshot.ts";
import { createAgentRuns } from "./agent-runs.ts";
import { readCapabilities } from "./capabilities.ts";
import { clientAddress } from "./client-address.ts";
import { readCoreEndpoints } from "./core-endpoints.ts";
import { readAgents, readTargets } from "./agents.ts";
import { emitModelReports, wantsModelReports } from "./diagnostic-events.ts";
import { loadImages } from "./images.ts";
import { configuredProviders, describeTarget } from "./diagnostics.ts";
import { createCredentialSource } from "./credentials.ts";
import { deleteMemorySession } from "./memory-sessions.ts";
import { missingHookPermissions } from "./hook-permission.ts";
import { createModelCalls } from "./model-calls.ts";
import { createModelRuntime } from "./model-runtime.ts";
import { listDirectModels, listProviders, lookUpModel, resolveDirectTarget } from "./models.ts";
import { createRoutes } from "./routes.ts";
import { createToolLimits } from "./tool-limits.ts";
import { ignoringOurs, readSeldom } from "./snapshot.ts";
import { createTrimmedRuns } from "./trimmed-runs.ts";

/** What the data plane needs of the gateway, and what the gateway's own thread needs besides. */
export interface HostPorts extends SnapshotSource, OperatorSource {
  /** Stops listening to the host. */
  close(): void;
}

/** From the SDK, because `api.runtime` has these functions only from 2026.9.6 on. */
const modelConfig = { resolveAllowedModelRef, resolveDefaultModelForAgent };
const modelAuth = { ensureAuthProfileStore, resolveAuthProfileOrder };

export function createHost(api: OpenClawPluginApi): HostPorts {
  // `api.config` and `api.pluginConfig` go stale after a hot reload; `current()` does not.
  const current = readSeldom(() => api.runtime.config.current() as OpenClawConfig);
  const scopeOf = (agentId: string) => ({
    modelConfig,
    config: current(),
    agentId,
  });

  const { version } = api.runtime;
  const capabilities = readCapabilities(version);
  const config = perSnapshot(current, (snapshot) =>
    resolveConfig(snapshot.plugins?.entries?.["passthrough"]?.config),
  );
  const agents = perSnapshot(current, readAgents);
  const agentTargets = perSnapshot(
    current,
    () => new Map<string, ReturnType<typeof readTargets>>(),
  );
  // The host never frees what it has prepared for a model. So an edit of the plugin's own config must not resolve it again.
  const gatewayConfig = ignoringOurs(current);
  const routes = createRoutes(gatewayConfig);
  const credentials = createCredentialSource({ current, modelAuth });

  const { callModel } = createModelRuntime({ current, routes });

  const agentRuns = createAgentRuns({
    events: api.runtime.events,
    trimmedRuns: createTrimmedRuns(current),
    toolLimits: createToolLimits(current),
    modelCalls: createModelCalls(),
  });

  return {
    config,
    gatewayConfig,
    agents,
    operatorScopes: () => getPluginRuntimeGatewayRequestScope()?.client?.connect.scopes ?? [],
    clientAddress: (peer) => clientAddress(current(), peer),
    stateFolder: () => api.runtime.state.resolveStateDir(),
    agentTargets(agentId) {
      const known = agentTargets();
      let targets = known.get(agentId);
      if (targets === undefined) {
        targets = readTargets(current(), agentId);
        known.set(agentId, targets);
      }
      return targets;
    },
    lookUpModel: (agentId, raw, acceptsBareId) => lookUpModel(scopeOf(agentId), raw, acceptsBareId),
    directTarget: (agentId, raw, acceptsBareId) =>
      resolveDirectTarget(scopeOf(agentId), raw, acceptsBareId),
    workspace: (agentId) => resolveAgentWorkspaceDir(current(), agentId),
    route: routes.route,
    embeddingsRoute: routes.embeddingsRoute,
    ...credentials,
    directModels: (agentId) => listDirectModels(scopeOf(agentId)),
    loadImages: (urls, signal) => loadImages(current(), urls, signal),
    runAgent: agentRuns.run,
    callModel,
    deleteMemorySession: (agentId, sessionKey) =>
      deleteMemorySession(
        { stateFolder: api.runtime.state.resolveStateDir(), config: current() },
        agentId,
        sessionKey,
      ),
    capabilities: () => capabilities,
    hostFacts: () => ({ version, capabilities: { ...capabilities } }),
    coreEndpoints: () => readCoreEndpoints(current()),
    configuredProviders: () => configuredProviders(current()),
    describeTarget: (target) => describeTarget(scopeOf(target.agentId), target),
    providers: () => listProviders(scopeOf(agents().ids[0] ?? "main")),
    missingHookPermissions: () => missingHookPermissions(current()),
    gatewayPort: () => resolveGatewayPort(current()),
    proxySettings() {
      const { trustedProxies = [], allowRealIpFallback } = current().gateway ?? {};
      return { trustedProxies, allowRealIpFallback: allowRealIpFallback === true };
    },
    wantsModelReports: () => wantsModelReports(current()),
    takeModelReports: emitModelReports,
    isVerbose: () => api.runtime.logging.shouldLogVerbose(),
    close: agentRuns.close,
  };
}
