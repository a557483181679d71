/** State that the host shares between its modules under global symbols. Older hosts may not have it. */
import { isRecord } from "../text/json.ts";

const places = {
  /** The work under way, which the host counts (`gateway-work-admission`, openclaw 2026.9.6). */
  work: Symbol.for("openclaw.gatewayWorkAdmissionState"),
  /** The plugin whose code runs, and the operation on plugins that runs it (`plugin-instance-invocation`, openclaw 2026.9.6). */
  plugin: Symbol.for("openclaw.pluginInstanceInvocation"),
};

/** @returns an empty object if this host keeps it elsewhere. */
export function hostState(name: keyof typeof places): Readonly<Record<string, unknown>> {
  const state = (globalThis as { [place: symbol]: unknown })[places[name]];
  return isRecord(state) ? state : {};
}
