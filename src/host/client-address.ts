/** Determines a request's client address. */
import { resolveClientIp } from "openclaw/plugin-sdk/core";
import type { OpenClawConfig } from "openclaw/plugin-sdk/plugin-entry";
import type { AddressedRequest } from "../access/ports.ts";

/** Uses the gateway's rule: `x-forwarded-for` and `x-real-ip` count only from a proxy in `gateway.trustedProxies`. */
export function clientAddress({ gateway }: OpenClawConfig, request: AddressedRequest): string {
  const { headers, socket } = request;
  const forwardedFor = headers["x-forwarded-for"];
  const realIp = headers["x-real-ip"];
  const remoteAddr = socket.remoteAddress;
  const address = resolveClientIp({
    ...(remoteAddr === undefined ? {} : { remoteAddr }),
    ...(forwardedFor === undefined ? {} : { forwardedFor: String(forwardedFor) }),
    ...(realIp === undefined ? {} : { realIp: String(realIp) }),
    trustedProxies: gateway?.trustedProxies ?? [],
    allowRealIpFallback: gateway?.allowRealIpFallback === true,
  });
  return address ?? remoteAddr ?? "";
}
