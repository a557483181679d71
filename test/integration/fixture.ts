/** What most integration tests need: a provider, and the relay in front of two of its models. */
import type { AgentRunResult } from "../../src/agent/run.ts";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { type Provider, startProvider } from "../support/provider.ts";
import {
  type Entry,
  fakeHost,
  type FakeHostOptions,
  type RelayServer,
  startRelayServer,
} from "../support/relay-server.ts";

export const messages = [{ role: "user", content: "say hi" }];

/** The result of a successful agent run. */
export const goodRun: AgentRunResult = {
  failed: false,
  text: "Done.",
  stopReason: "stop",
  toolCalls: [],
  usage: undefined,
  model: { provider: "a", modelId: "m1" },
};

export interface Fixture {
  readonly provider: Provider;
  readonly relay: RelayServer;
  /** The URL of chat completions. */
  readonly chat: string;
}

/** Starts both once for a test file and resets behaviours between tests. The agent's models are `a/m1`, `b/m2`. */
export function useFixture(options: Partial<FakeHostOptions> = {}, entry?: Entry): Fixture {
  const fixture = {} as { provider: Provider; relay: RelayServer; chat: string };
  beforeAll(async () => {
    fixture.provider = await startProvider();
    fixture.relay = await startRelayServer(
      fakeHost({
        models: ["a/m1", "b/m2"],
        providers: { a: fixture.provider.baseUrl, b: fixture.provider.baseUrl },
        ...options,
      }),
      entry === undefined ? {} : { entry },
    );
    fixture.chat = `${fixture.relay.url}/v1/chat/completions`;
  });
  beforeEach(() => {
    fixture.provider.reset();
    fixture.relay.log.length = 0;
  });
  afterAll(async () => {
    await fixture.relay.close();
    await fixture.provider.close();
  });
  return fixture;
}
