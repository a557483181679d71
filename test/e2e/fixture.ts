/** What most end-to-end tests need: a provider, and a real gateway in front of it with the plugin installed. */
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, inject, onTestFailed } from "vitest";
import { type Answer, call } from "../support/client.ts";
import { type Gateway, gatewayToken, startGateway } from "../support/gateway.ts";
import { type Provider, startProvider } from "../support/provider.ts";
import { model, relayConfig } from "./relay-config.ts";

export const messages = [{ role: "user", content: "say hi" }];

/** Two providers, one model each, short timeouts, and circuits that stay closed. */
export function impatientConfig(provider: Provider): Record<string, unknown> {
  const backup = {
    baseUrl: provider.baseUrl,
    apiKey: "sk-backup",
    api: "openai-completions",
    models: [model("b1")],
  };
  const within = (ms: number) => ({
    firstTokenTimeoutMs: ms,
    idleTimeoutMs: ms,
    jsonTimeoutMs: ms,
  });
  // The second provider gets enough time on a busy machine.
  const providers = { local: within(800), backup: within(4000) };
  const upstream = { providers, breaker: { failures: 1000 } };
  return {
    models: { providers: { backup } },
    agents: { defaults: { model: { primary: "local/m1", fallbacks: ["backup/b1"] } } },
    plugins: { entries: { passthrough: { config: { upstream } } } },
  };
}

export interface GatewayFixture {
  readonly provider: Provider;
  /** The gateway that runs now; a test may replace it. */
  gateway: Gateway;
  /** Calls the gateway with its token. */
  call(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

/** An `openai` client for a gateway, without retries. */
export function openaiClient(gateway: Gateway, apiKey = gatewayToken): OpenAI {
  return new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, maxRetries: 0 });
}

export interface FixtureOptions {
  readonly config?: (provider: Provider) => Record<string, unknown>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts both once for a test file. A failing test prints the gateway's last output. */
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
