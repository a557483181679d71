/** Calls a method of the running gateway from the command line. */
import { callGatewayFromCli, isGatewayTransportError } from "openclaw/plugin-sdk/gateway-runtime";
import type { GatewayCall } from "../prune/gateway-call.ts";

/** A method may have a large store to go through. */
const timeoutMs = 30 * 60_000;

export const callGateway: GatewayCall = async (method, parameters) => {
  try {
    const options = { timeout: String(timeoutMs), json: true };
    const payload = await callGatewayFromCli(method, options, parameters, { progress: false });
    return { kind: "answer", payload };
  } catch (error) {
    // The host's own sign that there is none (`sessions cleanup` in openclaw 2026.9.6): closed before any code came.
    if (isGatewayTransportError(error) && error.kind === "closed" && error.code === undefined) {
      return { kind: "no-gateway" };
    }
    throw error;
  }
};
