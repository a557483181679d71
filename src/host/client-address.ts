/** Determines a request's client address. */
import { resolveClientIp } from "openclaw/plugin-sdk/core";
import type { OpenClawConfig } from "openclaw/plugin-sdk/plugin-entry";
import type { Peer } from "../access/ports.ts";

/** Uses the gateway's rule: `x-forwarded-for` and `x-real-ip` count only from a proxy in `gateway.trustedProxies`. */
export function clientAddress(
  { gateway }: OpenClawConfig,
  { headers, remoteAddress }: Peer,
): string {
  const forwardedFor = headers["x-forwarded-for"];
  const realIp = headers["x-real-ip"];
  const address = resolveClientIp({
    ...(remoteAddress === undefined ? {} : { remoteAddr: remoteAddress }),
    ...(forwardedFor === undefined ? {} : { forwardedFor: String(forwardedFor) }),
    ...(realIp === undefined ? {} : { realIp: String(realIp) }),
    trustedProxies: gateway?.trustedProxies ?? [],
    allowRealIpFallback: gateway?.allowRealIpFallback === true,
  });
  return address ?? remoteAddress ?? "";
}
