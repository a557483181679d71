/** What most end-to-end tests need: a provider, and a real gateway in front of it with the plugin installed. */
import { afterAll, beforeAll, beforeEach, inject, onTestFailed } from "vitest";
import { type Answer, call } from "../support/client.ts";
import { type Gateway, gatewayToken, mergeConfig, startGateway } from "../support/gateway.ts";
import { type Provider, startProvider } from "../support/provider.ts";

export const messages = [{ role: "user", content: "say hi" }];

/** A model of `models.providers.<id>.models`. */
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

/** `models.providers` with one provider, `local`, that has the models `m1` and `m2`; the agent uses both in this order. */
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

/** Two providers, one model each, short timeouts, and circuits that stay closed. */
export function impatientConfig(provider: Provider): Record<string, unknown> {
  const backup = {
    baseUrl: provider.baseUrl,
    apiKey: "sk-backup",
    api: "openai-completions",
    models: [model("b1")],
  };
  const upstream = {
    firstTokenTimeoutMs: 300,
    idleTimeoutMs: 300,
    jsonTimeoutMs: 300,
    breaker: { failures: 1000 },
  };
  return {
    models: { providers: { backup } },
    agents: { defaults: { model: { primary: "local/m1", fallbacks: ["backup/b1"] } } },
    plugins: { entries: { passthrough: { config: { upstream } } } },
  };
}

export interface GatewayFixture {
  readonly provider: Provider;
  readonly gateway: Gateway;
  /** Calls the gateway with its token. */
  call(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export interface FixtureOptions {
  readonly config?: (provider: Provider) => Record<string, unknown>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts both for a test file, once. When a test fails, what the gateway printed is shown. */
export function useGateway(options: FixtureOptions = {}): GatewayFixture {
  const fixture = {
    call: (path, body, headers) =>
      call(fixture.gateway.url + path, {
        body,
        headers: { authorization: `Bearer ${gatewayToken}`, ...headers },
      }),
  } as { -readonly [key in keyof GatewayFixture]: GatewayFixture[key] };
  beforeAll(async () => {
    fixture.provider = await startProvider();
    fixture.gateway = await startGateway({
      config: relayConfig(fixture.provider, options.config?.(fixture.provider)),
      stateFrom: inject("installedState"),
      env: options.env ?? {},
    });
  });
  beforeEach(() => {
    fixture.provider.reset();
    onTestFailed(() => {
      console.error(`--- the gateway's last words\n${fixture.gateway.output().slice(-4000)}`);
    });
  });
  afterAll(async () => {
    await fixture.gateway?.close();
    await fixture.provider?.close();
  });
  return fixture;
}
