/** One conversation suite for every wire, with the unmodified `openai` client. */
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Provider, startProvider } from "../../support/provider.ts";
import { fakeHost, type RelayServer, startRelayServer } from "../../support/relay-server.ts";
import { play, type Scene, type ScriptedWire } from "../../support/wires/scene.ts";
import { scriptedWires } from "../../support/wires/wires.ts";

const user = (content: string) => ({ role: "user" as const, content });

describe.each(scriptedWires.map((wire) => [wire.api, wire] as const))("%s", (_api, wire) => {
  let provider: Provider;
  let relay: RelayServer;
  let openai: OpenAI;
  const scene = (of: Scene) => provider.behave("m1", play(wire, of));

  beforeAll(async () => {
    provider = await startProvider();
    relay = await startRelayServer(hostOf(wire, provider));
    openai = new OpenAI({ baseURL: `${relay.url}/v1`, apiKey: "token", maxRetries: 0 });
  });
  beforeEach(() => provider.reset());
  afterAll(async () => {
    await relay.close();
    await provider.close();
  });

  const ask = (more: object = {}) =>
    openai.chat.completions.create({ model: "openclaw", messages: [user("hi")], ...more });

  async function streamed(more: object = {}) {
    const stream = openai.chat.completions.stream({
      model: "openclaw",
      messages: [user("hi")],
      stream_options: { include_usage: true },
      ...more,
    });
    return stream.finalChatCompletion();
  }

  test("answers with text and counts, as a stream and whole", async () => {
    scene({ say: ["Hel", "lo"], usage: { input: 30, output: 5, cacheRead: 10, cacheWrite: 7 } });
    for (const answer of [await ask(), await streamed()]) {
      expect(answer.choices[0]).toMatchObject({
        message: { role: "assistant", content: "Hello" },
        finish_reason: "stop",
      });
      expect(answer.usage).toMatchObject({
        prompt_tokens: 30,
        completion_tokens: 5,
        total_tokens: 35,
        prompt_tokens_details: { cached_tokens: 10 },
      });
    }
  });
});

/** The agent's one model is `a/m1`, which speaks the wire. */
function hostOf(wire: ScriptedWire, provider: Provider) {
  return fakeHost({
    models: ["a/m1"],
    providers: { a: wire.baseUrl(provider.baseUrl) },
    route: { api: wire.api },
    config: { upstream: { retries: 0 } },
  });
}
