/** Calls a method of the running gateway from the command line. */
import { callGatewayFromCli } from "openclaw/plugin-sdk/gateway-runtime";
import type { GatewayCall } from "../control/gateway-call.ts";
import { isRecord } from "../text/json.ts";
import { optionalSdk } from "./optional-sdk.ts";

const longestMs = 30 * 60_000;

export const callGateway: GatewayCall = async (method, parameters, timeoutMs = longestMs) => {
  try {
    const options = { timeout: String(timeoutMs), json: true };
    const payload = await callGatewayFromCli(method, options, parameters, { progress: false });
    return { kind: "answer", payload };
  } catch (error) {
    if (saysNoGateway(error)) {
      return { kind: "no-gateway" };
    }
    throw error;
  }
};

/** Whether no gateway runs, by the host's own test (`sessions cleanup` in openclaw 2026.9.6): closed without a code. */
function saysNoGateway(error: unknown): boolean {
  const { isGatewayTransportError } = optionalSdk.gatewayRuntime();
  if (isGatewayTransportError === undefined) {
    // Up to 2026.7.35 the host exports no test for the error, so compare its name.
    return (
      isRecord(error) &&
      error["name"] === "GatewayTransportError" &&
      error["kind"] === "closed" &&
      error["code"] === undefined
    );
  }
  return isGatewayTransportError(error) && error.kind === "closed" && error.code === undefined;
}
