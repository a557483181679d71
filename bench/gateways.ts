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
            keys: { bench: { id: "bench", sha256: keyDigest(virtualKey).toString("hex") } },
          },
        },
        "bench-empty": { enabled: true },
      },
    },
  };
}

/** A gateway with core's endpoint and without our plugin, because core's endpoint would hide ours. */
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
              cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
            },
          ],
        },
      },
    },
    agents: { defaults: { model: `bench/${modelId}` } },
  };
}
