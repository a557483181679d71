/** What the data plane knows of the gateway without asking: pushed to it at its start and after each change. */
import type { ProxySettings } from "../access/ports.ts";
import type { HookPermission, RunCapabilities } from "../agent/ports.ts";
import type { RelayConfig } from "../config/schema.ts";
import type { CoreEndpoint, HostFacts } from "../control/gateway-facts.ts";
import type { ConfiguredProvider } from "../doctor/ports.ts";
import type { AgentCatalog } from "../routing/ports.ts";
import type { ModelReport } from "../telemetry/model-reports.ts";
import type { RelayHost } from "./relay-host.ts";
import type { Target } from "../routing/route.ts";

/** The gateway's side: the relay's ports, and what the snapshot has besides. */
export interface SnapshotSource extends RelayHost {
  /** The gateway's config without the plugin's own part: a different object after each change. */
  gatewayConfig(): object;
  proxySettings(): ProxySettings;
  /** Whether one of the host's own exporters is enabled and can be fed. */
  wantsModelReports(): boolean;
  /** Tells the host's own exporters. Never throws. */
  takeModelReports(reports: readonly ModelReport[]): void;
  /** Whether the gateway logs debug lines. */
  isVerbose(): boolean;
}

/** Plain data, so that it can be cloned. */
export interface HostSnapshot {
  readonly config: RelayConfig;
  /** Differs after each change of the gateway's config that is not only of the plugin's own part. */
  readonly gatewayRevision: number;
  readonly agents: ReturnType<AgentCatalog["agents"]>;
  /** By agent id. */
  readonly agentTargets: ReadonlyMap<string, readonly Target[]>;
  /** By agent id. */
  readonly workspaces: ReadonlyMap<string, string>;
  readonly capabilities: RunCapabilities;
  readonly hostFacts: HostFacts;
  readonly coreEndpoints: readonly CoreEndpoint[];
  readonly configuredProviders: readonly ConfiguredProvider[];
  readonly missingHookPermissions: readonly HookPermission[];
  readonly gatewayPort: number;
  readonly stateFolder: string;
  readonly proxySettings: ProxySettings;
  readonly wantsModelReports: boolean;
  readonly isVerbose: boolean;
}

function readSnapshot(host: SnapshotSource, gatewayRevision: number): HostSnapshot {
  const agents = host.agents();
  return {
    config: host.config(),
    gatewayRevision,
    agents,
    agentTargets: new Map(agents.ids.map((id) => [id, host.agentTargets(id)])),
    workspaces: new Map(agents.ids.map((id) => [id, host.workspace(id)])),
    capabilities: host.capabilities(),
    hostFacts: host.hostFacts(),
    coreEndpoints: host.coreEndpoints(),
    configuredProviders: host.configuredProviders(),
    missingHookPermissions: host.missingHookPermissions(),
    gatewayPort: host.gatewayPort(),
    stateFolder: host.stateFolder(),
    proxySettings: host.proxySettings(),
    wantsModelReports: host.wantsModelReports(),
    isVerbose: host.isVerbose(),
  };
}

export interface SnapshotWatch {
  /** The latest snapshot: the same object until something changes. */
  current(): HostSnapshot;
  /** Looks now; otherwise a change is noticed within 100 ms. Never throws. */
  look(): void;
  stop(): void;
}

/** The comparison is by identity and takes microseconds. */
const lookIntervalMs = 100;

/** @param onChange called after each change. */
export function watchSnapshot(
  host: SnapshotSource,
  onChange: (snapshot: HostSnapshot) => void,
): SnapshotWatch {
  let gatewayConfig = host.gatewayConfig();
  let known = readSnapshot(host, 1);
  const compare = () => {
    if (known.config === host.config() && known.isVerbose === host.isVerbose()) {
      return;
    }
    const latest = host.gatewayConfig();
    known = readSnapshot(host, known.gatewayRevision + (latest === gatewayConfig ? 0 : 1));
    gatewayConfig = latest;
    onChange(known);
  };
  const look = () => {
    try {
      compare();
    } catch {
      // A config that cannot be read now: the last snapshot stays. An exception would end a request, or the gateway.
    }
  };
  const timer = setInterval(look, lookIntervalMs);
  timer.unref();
  return { current: () => known, look, stop: () => clearInterval(timer) };
}
