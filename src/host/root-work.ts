/**
 * The host counts the work under way by an async context, and refuses agent runs in the context of work that has ended. The
 * data plane's thread may be started in such a context (a reload of the plugin), and its messages would inherit it.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { isRecord } from "../text/json.ts";

/** Where the host keeps that context (`gateway-work-admission`, openclaw 2026.9.6). Older hosts may not have it. */
const place = Symbol.for("openclaw.gatewayWorkAdmissionState");

/** Starts what lives longer than the work that starts it, like the host's `runOutsideGatewayRootWorkAdmission`. */
export function outsideRootWork<R>(run: () => R): R {
  const state = (globalThis as { [place: symbol]: unknown })[place];
  const context = isRecord(state) ? state["currentRootWork"] : undefined;
  return context instanceof AsyncLocalStorage ? context.exit(run) : run();
}
