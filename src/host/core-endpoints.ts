/** Core's own OpenAI endpoints: if enabled, they take requests before the routes of plugins do. */
import type { OpenClawConfig } from "openclaw/plugin-sdk/plugin-entry";
import type { CoreEndpoint } from "../control/gateway-facts.ts";

const names: readonly CoreEndpoint[] = ["chatCompletions", "responses"];

export function readCoreEndpoints(config: OpenClawConfig): readonly CoreEndpoint[] {
  const endpoints = config.gateway?.http?.endpoints;
  return names.filter((name) => endpoints?.[name]?.enabled === true);
}
