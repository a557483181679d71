/** Where the gateway's own port is. */
import { resolveGatewayPort } from "openclaw/plugin-sdk/core";
import type { OpenClawConfig } from "openclaw/plugin-sdk/plugin-entry";
import type { GatewayAddress } from "../setup/curl.ts";

export function gatewayAddress(config: OpenClawConfig): GatewayAddress {
  return { port: resolveGatewayPort(config), isTls: config.gateway?.tls?.enabled === true };
}
