/** Host configs for a gateway in front of a scripted provider. */
import { mergeConfig } from "../support/gateway.ts";
import type { Provider } from "../support/provider.ts";

/** A model for `models.providers.<id>.models`. */
export function model(id: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id,
    name: id,
    contextWindow: 128_000,
    maxTokens: 4096,
    input: ["text"],
    reasoning: false,
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    ...more,
  };
}

/** A config with one provider, `local`, and its models `m1` and `m2`; the agent uses them in this order. */
export function relayConfig(
  provider: Provider,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return mergeConfig(
    {
      models: {
        mode: "merge",
        providers: {
          local: {
            baseUrl: provider.baseUrl,
            apiKey: "sk-local",
            api: "openai-completions",
            models: [model("m1"), model("m2")],
          },
        },
      },
      agents: { defaults: { model: { primary: "local/m1", fallbacks: ["local/m2"] } } },
      plugins: { entries: { passthrough: { enabled: true, config: { mode: "passthrough" } } } },
    },
    more,
  );
}

/** For tests of a single answer: one attempt at each target, and circuits that stay closed. */
export const singleAttempts = {
  plugins: {
    entries: {
      passthrough: { config: { upstream: { retries: 0, breaker: { failures: 1_000 } } } },
    },
  },
};
