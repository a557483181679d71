/** The targets in a gateway with our plugin and the empty plugin. */
import { type Gateway, gatewayToken } from "../test/support/gateway.ts";
import { virtualKey } from "./gateways.ts";
import type { Target } from "./targets.ts";

export type GatewayTargetName = "emptyPlugin" | "emptyGateway" | "gateway" | "virtualKey" | "light";

export function gatewayTargets({ url, pid }: Gateway): Readonly<Record<GatewayTargetName, Target>> {
  const common = { origin: url, pid, model: "openclaw" };
  const withToken = { ...common, bearerToken: gatewayToken };
  const withKey = {
    ...common,
    bearerToken: virtualKey,
    path: () => "/passthrough/v1/chat/completions",
  };
  return {
    emptyPlugin: {
      ...withToken,
      name: "emptyPlugin",
      title: "empty plugin route",
      path: (kind) => `/bench/plugin/${kind}`,
    },
    virtualKey: { ...withKey, name: "virtualKey", title: "**ours, virtual key**" },
    light: {
      ...withKey,
      name: "light",
      title: "ours, virtual key, light",
      headers: { "x-openclaw-light-context": "true" },
    },
    emptyGateway: {
      ...withToken,
      name: "emptyGateway",
      title: "empty gateway route",
      path: (kind) => `/bench/gateway/${kind}`,
    },
    gateway: {
      ...withToken,
      name: "gateway",
      title: "**ours, gateway token**",
      path: () => "/v1/chat/completions",
    },
  };
}
