/** The first request of a new key, as a line for a shell. Pure. */
import type { ListenSettings } from "../config/schema.ts";
import { isRecord } from "../text/json.ts";
import type { WrittenEntry } from "./plan.ts";

export interface GatewayAddress {
  readonly port: number;
  readonly isTls: boolean;
}

/** @returns the base URL for callers with a key: the listener's, or else the gateway's. */
export function baseUrlOf(entry: WrittenEntry, gateway: GatewayAddress): string {
  const config = isRecord(entry["config"]) ? entry["config"] : {};
  const { listen } = config;
  if (!isRecord(listen) || typeof listen["port"] !== "number") {
    return `http${gateway.isTls ? "s" : ""}://127.0.0.1:${gateway.port}/passthrough/v1`;
  }
  const { host = "127.0.0.1", port, tls } = listen as Partial<ListenSettings>;
  return `http${tls === undefined ? "" : "s"}://${reachable(host)}:${port}/v1`;
}

/** An address that stands for all addresses of the machine is reached by loopback. */
function reachable(host: string): string {
  const name = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return name.includes(":") ? `[${name}]` : name;
}

/** @param key its text, or a variable of the shell. */
export function curlLine(baseUrl: string, key: string, model: string): string {
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "Say hi." }] });
  return `curl ${baseUrl}/chat/completions -H "Authorization: Bearer ${key}" -d '${body.replaceAll("'", "'\\''")}'`;
}
