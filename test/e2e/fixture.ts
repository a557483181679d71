/** What most end-to-end tests need: a provider, and a real gateway in front of it with the plugin installed. */
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, inject, onTestFailed } from "vitest";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import { type Answer, call, until } from "../support/client.ts";
import { freePort, type Gateway, gatewayToken, startGateway } from "../support/gateway.ts";
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

/** A way into the relay. */
export interface Entry {
  /** For the names of suites. */
  readonly name: string;
  /** Base path of its endpoints. */
  readonly base: string;
  /** The credential that it accepts. */
  readonly token: string;
  /** Whether it is the relay's own listener, and not the gateway. */
  readonly isListener: boolean;
}

/** A virtual key of every gateway started here. It may do whatever an operator's request may do. */
const virtualKey = createKeyText();

/** All entries, for `describe.each(entries)("through $name", …)`. */
export const entries = [
  { name: "the gateway's /v1", base: "/v1", token: gatewayToken, isListener: false },
  {
    name: "the gateway's /passthrough/v1",
    base: "/passthrough/v1",
    token: virtualKey,
    isListener: false,
  },
  { name: "the listener", base: "/v1", token: virtualKey, isListener: true },
] as const satisfies readonly Entry[];

/** An entry of a gateway that runs. */
export interface OpenEntry {
  /** Base of its endpoints, with its path. */
  readonly url: string;
  readonly token: string;
  readonly authorization: string;
  /** Calls an endpoint, such as `/models`, with the entry's credential. */
  call(endpoint: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export interface GatewayFixture {
  readonly provider: Provider;
  /** The gateway that runs now; a test may replace it. */
  gateway: Gateway;
  /** The port of the relay's own listener. */
  readonly listenPort: number;
  /** Calls the gateway with its token. */
  call(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  through(entry: Entry): OpenEntry;
}

/** An `openai` client, without retries. */
export function openaiClient({ url, token }: Pick<OpenEntry, "url" | "token">): OpenAI {
  return new OpenAI({ baseURL: url, apiKey: token, maxRetries: 0 });
}

/** The config of the entries for virtual keys. */
function keyEntries(port: number): Record<string, unknown> {
  const everything = {
    id: "tester",
    sha256: keyDigest(virtualKey).toString("hex"),
    // The first one replaces light mode for requests that exclude it, as agent mode does for an operator's.
    modes: ["agent", "light", "passthrough"],
    // A model that no catalog lists must be spelled out.
    models: ["*", "local/embed"],
    tools: "agent",
  };
  return {
    plugins: {
      entries: { passthrough: { config: { listen: { port }, keys: { tester: everything } } } },
    },
  };
}

export interface FixtureOptions {
  readonly config?: (provider: Provider) => Record<string, unknown>;
  readonly env?: Readonly<Record<string, string>>;
}

/** What the log says of the listener, as soon as it listens or cannot. */
const listenerSpoke = /passthrough: (?:listening on https?:|the listener has a problem)/;

/** Starts both once for a test file. A failing test prints the gateway's last output. */
export function useGateway(options: FixtureOptions = {}): GatewayFixture {
  const fixture = {
    call: (path, body, headers) =>
      call(fixture.gateway.url + path, {
        body,
        headers: { authorization: `Bearer ${gatewayToken}`, ...headers },
      }),
    through({ base, token, isListener }) {
      const port = isListener ? fixture.listenPort : fixture.gateway.port;
      const url = `http://127.0.0.1:${port}${base}`;
      const authorization = `Bearer ${token}`;
      return {
        url,
        token,
        authorization,
        call: (endpoint, body, headers) =>
          call(url + endpoint, { body, headers: { authorization, ...headers } }),
      };
    },
  } as { -readonly [key in keyof GatewayFixture]: GatewayFixture[key] };
  beforeAll(async () => {
    fixture.provider = await startProvider();
    fixture.listenPort = await freePort();
    fixture.gateway = await startGateway({
      config: relayConfig(fixture.provider, options.config?.(fixture.provider)),
      beneath: keyEntries(fixture.listenPort),
      stateFrom: inject("installedState"),
      env: options.env ?? {},
    });
    // The gateway is ready before its plugins' services have started.
    await until(() => listenerSpoke.test(fixture.gateway.output()));
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
