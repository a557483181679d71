/**
 * Functions of the plugin SDK that some supported hosts lack (docs/hosts.md). There each of them is undefined.
 *
 * Hosts from 2026.8.2 on load the plugin as a native ES module, where an import by name of a missing export stops the whole plugin.
 * So these modules are imported as namespaces, and each namespace is passed on as a value: the bundler turns a namespace of which
 * only members are read into imports by name. `scripts/host-imports.ts` checks the bundle.
 */
import * as channelInbound from "openclaw/plugin-sdk/channel-inbound";
import * as diagnosticRuntime from "openclaw/plugin-sdk/diagnostic-runtime";
import * as gatewayRuntime from "openclaw/plugin-sdk/gateway-runtime";
import * as routing from "openclaw/plugin-sdk/routing";
import * as sessionStoreRuntime from "openclaw/plugin-sdk/session-store-runtime";

/** Each is read when it is called for: nothing runs while the module loads. */
export const optionalSdk = {
  channelInbound: () => orLess(channelInbound),
  diagnosticRuntime: () => orLess(diagnosticRuntime),
  gatewayRuntime: () => orLess(gatewayRuntime),
  routing: () => orLess(routing),
  sessionStoreRuntime: () => orLess(sessionStoreRuntime),
};

function orLess<Module extends object>(module: Module): Partial<Module> {
  return module;
}
