/** The configs of the gateways. */
import { fileURLToPath } from "node:url";
import { createKeyText, keyDigest } from "../src/access/key-text.ts";

/** The model and key that the gateways send to the provider; a direct request must send the same. */
export const providerKey = "sk-bench";
export const modelId = "m1";

/** The virtual key of every gateway of this run. */
export const virtualKey = createKeyText();

const root = fileURLToPath(new URL("..", import.meta.url));
const emptyPlugin = fileURLToPath(new URL("empty-plugin", import.meta.url));

/** A gateway with our plugin in passthrough mode, and the empty routes. */
export function relayConfig(providerUrl: string): Record<string, unknown> {
  return {
    ...providerConfig(providerUrl),
    plugins: {
      load: { paths: [root, emptyPlugin] },
      entries: {
        passthrough: {
          enabled: true,
          config: {
            mode: "passthrough",
            keys: { bench: { id: "bench", sha256: digestOf(virtualKey) } },
          },
        },
        "bench-empty": { enabled: true },
      },
    },
  };
}

/** A virtual key that has a budget and a limit of tokens, both too high to be reached. */
export const limitedKey = createKeyText();

/** Like OpenAI's smaller models, in US dollars for a million tokens: a budget takes a price. */
const cost = { input: 0.25, output: 2, cacheRead: 0.025, cacheWrite: 0 };

/** A gateway with a build of our plugin. @param pluginFolder where it is. */
export function buildConfig(providerUrl: string, pluginFolder: string): Record<string, unknown> {
  return {
    ...providerConfig(providerUrl, cost),
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

const noCost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };

function providerConfig(providerUrl: string, modelCost = noCost) {
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
              cost: modelCost,
            },
          ],
        },
      },
    },
    agents: { defaults: { model: `bench/${modelId}` } },
  };
}
