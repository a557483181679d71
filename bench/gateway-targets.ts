/** The targets in a gateway with our plugin and the empty plugin. */
import { type Gateway, gatewayToken } from "../test/support/gateway.ts";
import { limitedKey } from "./gateways.ts";
import type { Absent } from "./results.ts";
import type { Target } from "./targets.ts";

/** The routes of the gateway itself. */
export type GatewayTargetName =
  | "emptyPlugin"
  | "emptyGateway"
  | "gateway"
  | "gatewayLight"
  | "virtualKey"
  | "light";
/** What the relay's own listener serves. */
export type ListenerTargetName = "listener" | "listenerLight";

type Named<Name extends string> = Readonly<Record<Name, Target>>;
type Traits<Name extends string> = Readonly<Record<Name, Pick<Target, "title" | "headers">>>;

const inLight = { "x-openclaw-light-context": "true" };
const listenerTraits: Traits<ListenerTargetName> = {
  listener: { title: "**ours, own listener**" },
  listenerLight: { title: "ours, own listener, light", headers: inLight },
};

export function gatewayTargets({ url, pid }: Gateway): Named<GatewayTargetName> {
  const common = { origin: url, pid, model: "openclaw" };
  const withToken = { ...common, bearerToken: gatewayToken };
  const atGateway = { ...withToken, path: () => "/v1/chat/completions" };
  const withKey = {
    ...common,
    bearerToken: limitedKey,
    path: () => "/passthrough/v1/chat/completions",
  };
  return {
    emptyPlugin: {
      ...withToken,
      name: "emptyPlugin",
      title: "empty plugin route",
      path: (kind) => `/bench/plugin/${kind}`,
    },
    virtualKey: { ...withKey, name: "virtualKey", title: "ours, virtual key" },
    light: {
      ...withKey,
      name: "light",
      title: "ours, virtual key, light",
      headers: inLight,
    },
    emptyGateway: {
      ...withToken,
      name: "emptyGateway",
      title: "empty gateway route",
      path: (kind) => `/bench/gateway/${kind}`,
    },
    gateway: { ...atGateway, name: "gateway", title: "**ours, gateway token**" },
    gatewayLight: {
      ...atGateway,
      name: "gatewayLight",
      title: "ours, gateway token, light",
      headers: inLight,
    },
  };
}

/** @param origin the listener's. */
export function listenerTargets(
  origin: string,
  { pid }: Pick<Gateway, "pid">,
): Named<ListenerTargetName> {
  const at = (name: ListenerTargetName): Target => ({
    ...listenerTraits[name],
    name,
    origin,
    pid,
    model: "openclaw",
    bearerToken: limitedKey,
    path: () => "/v1/chat/completions",
  });
  return { listener: at("listener"), listenerLight: at("listenerLight") };
}

export function absentListener(reason: string): Absent[] {
  return (["listener", "listenerLight"] as const).map((name) => ({
    name,
    title: listenerTraits[name].title,
    reason,
  }));
}
