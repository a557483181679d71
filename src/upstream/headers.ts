/** Which headers cross the relay. Both ways by allow-list: what is not named here stays behind. */
import type { HeaderFields } from "../text/header-fields.ts";
import type { Route } from "../routing/route.ts";

/** What a client may tell a provider. Its own credentials, cookies, addresses and `x-openclaw-*` are not among it. */
const fromClient = ["accept", "idempotency-key", "traceparent", "tracestate"] as const;

const userAgent = "openclaw-passthrough";

/**
 * The headers of a request to a provider, as undici's flat list of names and values. What the operator configured for
 * the provider wins over everything but the framing.
 * @param key the provider's key; undefined where it wants none.
 */
export function requestHeaders(
  route: Route,
  client: HeaderFields,
  key: string | undefined,
): string[] {
  const list = ["content-type", "application/json", "accept-encoding", "identity"];
  const add = (name: string, value: string | string[] | undefined) => {
    if (typeof value === "string" && route.headers[name] === undefined) {
      list.push(name, value);
    }
  };
  for (const name of fromClient) {
    add(name, client[name]);
  }
  add("user-agent", userAgent);
  if (route.sendsKey && key !== undefined) {
    add("authorization", `Bearer ${key}`);
  }
  for (const name in route.headers) {
    if (!framing.has(name)) {
      list.push(name, route.headers[name] as string);
    }
  }
  return list;
}

/** Ours to set, whatever a config says. */
const framing: ReadonlySet<string> = new Set([
  "content-type",
  "content-length",
  "transfer-encoding",
  "connection",
  "host",
  "accept-encoding",
]);
