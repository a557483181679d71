/** Port: what the relay needs of the gateway, all in one. Each part is declared where it is used. */
import type { ClientAddresses } from "../access/ports.ts";
import type {
  AgentRunner,
  HookPermissions,
  HostAbilities,
  ImageLoader,
  MemorySessions,
} from "../agent/ports.ts";
import type { ConfigSource } from "../config/source.ts";
import type { GatewayFacts } from "../control/gateway-facts.ts";
import type { Diagnostics } from "../doctor/ports.ts";
import type { WorkspaceSource } from "../prompts/system-prompt.ts";
import type { AgentCatalog, ModelCatalog, RouteSource } from "../routing/ports.ts";
import type { CredentialSource } from "../upstream/credentials.ts";
import type { ModelRuntime } from "../upstream/ports.ts";

export type RelayHost = AgentCatalog &
  AgentRunner &
  ClientAddresses &
  ConfigSource &
  CredentialSource &
  Diagnostics &
  GatewayFacts &
  HookPermissions &
  HostAbilities &
  ImageLoader &
  MemorySessions &
  ModelCatalog &
  ModelRuntime &
  RouteSource &
  WorkspaceSource & {
    /** The folder in which the host keeps its state. */
    stateFolder(): string;
  };
