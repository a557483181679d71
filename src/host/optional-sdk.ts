/**
 * Functions of the plugin SDK that some supported hosts lack (docs/hosts.md). On those hosts they are undefined.
 *
 * Hosts from 2026.8.2 on load the plugin as a native ES module. There a named import of a missing export prevents the whole
 * plugin from loading, so these modules are imported as namespaces. Each namespace is also passed on as a value: otherwise
 * the bundler would replace it by named imports. `scripts/host-imports.ts` checks the bundle.
 */
import * as channelInbound from "openclaw/plugin-sdk/channel-inbound";
import * as diagnosticRuntime from "openclaw/plugin-sdk/diagnostic-runtime";
import * as gatewayRuntime from "openclaw/plugin-sdk/gateway-runtime";
import * as routing from "openclaw/plugin-sdk/routing";
import * as sessionStoreRuntime from "openclaw/plugin-sdk/session-store-runtime";

/** Functions, so that nothing runs while this module loads. */
export const optionalSdk = {
  channelInbound: () => optional(channelInbound),
  diagnosticRuntime: () => optional(diagnosticRuntime),
  gatewayRuntime: () => optional(gatewayRuntime),
  routing: () => optional(routing),
  sessionStoreRuntime: () => optional(sessionStoreRuntime),
  /** Imported at the first use: that takes two seconds and 80 MB (openclaw 2026.9.6). A host without it rejects. */
  llm: async () => optional(await import("openclaw/plugin-sdk/llm")),
  providerAuthRuntime: async () =>
    optional(await import("openclaw/plugin-sdk/provider-auth-runtime")),
};

function optional<Module extends object>(module: Module): Partial<Module> {
  return module;
}
