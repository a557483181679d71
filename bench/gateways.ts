/** The configs of the gateways. */
import { fileURLToPath } from "node:url";
import { createKeyText, keyDigest } from "../src/access/key-text.ts";

/** The model and key that the gateways send to the provider; a direct request must send the same. */
export const providerKey = "sk-bench";
export const modelId = "m1";

/** A virtual key without limits. */
export const virtualKey = createKeyText();

/** A virtual key with limits of requests, tokens and dollars, all too high to be reached. */
export const limitedKey = createKeyText();
const highLimits = { requestsPerMinute: 1e8, tokensPerMinute: 1e9, budgetUsdPerDay: 1e6 };

const root = fileURLToPath(new URL("..", import.meta.url));
const emptyPlugin = fileURLToPath(new URL("empty-plugin", import.meta.url));

export interface RelaySettings {
  /** Of the relay's own listener; without it there is none. */
  readonly listenerPort?: number | undefined;
  /** Whether there is a second agent, which serves in agent mode. */
  readonly withAgentMode?: boolean;
}

/** The default agent, and the one in agent mode, of a gateway that has both. */
export const agentIds = { relayed: "relayed", whole: "whole" } as const;

/** A gateway with our plugin in passthrough mode, and the empty routes. */
export function relayConfig(
  providerUrl: string,
  { listenerPort, withAgentMode = false }: RelaySettings,
): Record<string, unknown> {
  const { models, agents } = providerConfig(providerUrl);
  const { relayed, whole } = agentIds;
  return {
    models,
    agents: withAgentMode
      ? { ...agents, ownership: "explicit", entries: { [relayed]: {}, [whole]: {} } }
      : agents,
    plugins: {
      load: { paths: [root, emptyPlugin] },
      entries: {
        passthrough: {
          enabled: true,
          config: {
            mode: "passthrough",
            keys: { bench: { id: "bench", sha256: digestOf(limitedKey), ...highLimits } },
            ...(withAgentMode && { defaultAgent: relayed, agents: { [whole]: { mode: "agent" } } }),
            ...(listenerPort !== undefined && {
              listen: { host: "127.0.0.1", port: listenerPort },
            }),
          },
        },
        "bench-empty": { enabled: true },
      },
    },
  };
}

/** The same gateway without our plugin. */
export function bareConfig(providerUrl: string): Record<string, unknown> {
  return {
    ...providerConfig(providerUrl),
    plugins: { load: { paths: [emptyPlugin] }, entries: { "bench-empty": { enabled: true } } },
  };
}

/** Like OpenAI's smaller models, in US dollars for a million tokens: a budget takes a price. */
const cost = { input: 0.25, output: 2, cacheRead: 0.025, cacheWrite: 0 };

/** A gateway with a build of our plugin. @param pluginFolder where it is. */
export function buildConfig(providerUrl: string, pluginFolder: string): Record<string, unknown> {
  return {
    ...providerConfig(providerUrl),
    plugins: {
      load: { paths: [pluginFolder] },
      entries: {
        passthrough: {
          enabled: true,
          config: {
            mode: "passthrough",
            keys: {
              bench: { id: "bench", sha256: digestOf(virtualKey) },
              limited: {
                id: "limited",
                sha256: digestOf(limitedKey),
                tokensPerMinute: 1e9,
                budgetUsdPerDay: 1e6,
              },
            },
          },
        },
      },
    },
  };
}

function digestOf(key: string): string {
  return keyDigest(key).toString("hex");
}

/** A gateway with core's endpoint and without our plugin: with core's on, ours would never be reached. */
export function coreConfig(providerUrl: string): Record<string, unknown> {
  const { models, agents } = providerConfig(providerUrl);
  return {
    models,
    agents,
    gateway: { http: { endpoints: { chatCompletions: { enabled: true } } } },
  };
}

function providerConfig(providerUrl: string) {
  return {
    models: {
      mode: "merge",
      providers: {
        bench: {
          baseUrl: providerUrl,
          apiKey: providerKey,
          api: "openai-completions",
          models: [
            {
              id: modelId,
              name: modelId,
              contextWindow: 128_000,
              maxTokens: 4096,
              input: ["text"],
              reasoning: false,
              cost,
            },
          ],
        },
      },
    },
    agents: { defaults: { model: `bench/${modelId}` } },
  };
}
