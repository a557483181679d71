/** Every ordered pair of wires as a chain, and a tool conversation that begins on one and continues on the other. */
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Provider, startProvider } from "../../support/provider.ts";
import { fakeHost, type RelayServer, startRelayServer } from "../../support/relay-server.ts";
import { scriptedChat } from "../../support/wires/openai-completions.ts";
import { play, type Scene, type ScriptedWire } from "../../support/wires/scene.ts";
import { scriptedWires } from "../../support/wires/wires.ts";

const all = [scriptedChat, ...scriptedWires];
const pairs = all.flatMap((first) =>
  all.filter((second) => second !== first).map((second) => [first, second] as const),
);

const user = (content: string) => ({ role: "user" as const, content });

const weather = {
  type: "function" as const,
  function: { name: "weather", parameters: { type: "object", properties: {} } },
};

/** What happens to the first of the chain, before its first word. */
const failures: Readonly<Record<string, Scene>> = {
  "is overloaded": { fail: { status: 529, message: "Overloaded" } },
  "fails within its stream": {
    failWithin: { when: "before", status: 500, message: "No luck today" },
  },
  "is silent": { stallAfter: 0 },
  "breaks its connection": { cutAfter: 0 },
};

describe.each(pairs.map(([first, second]) => [first.api, second.api, first, second] as const))(
  "%s, then %s",
  (_first, _second, first, second) => {
    let provider: Provider;
    let relay: RelayServer;
    let openai: OpenAI;

    beforeAll(async () => {
      provider = await startProvider();
      relay = await startRelayServer(hostOf(first, second, provider));
      openai = new OpenAI({ baseURL: `${relay.url}/v1`, apiKey: "token", maxRetries: 0 });
    });
    beforeEach(() => provider.reset());
    afterAll(async () => {
      await relay.close();
      await provider.close();
    });

    const ask = (body: Partial<OpenAI.Chat.ChatCompletionCreateParams> = {}) => {
      const stream = openai.chat.completions.stream({
        model: "openclaw",
        messages: [user("hi")],
        ...body,
        stream: true,
      });
      return stream.finalChatCompletion();
    };

    test.each(Object.entries(failures))("the first %s", async (_how, scene) => {
      provider.behave("m1", play(first, scene));
      provider.behave("m2", play(second, { say: ["Hel", "lo"] }));
      expect((await ask()).choices[0]).toMatchObject({
        message: { content: "Hello" },
        finish_reason: "stop",
      });
    });

    test("a tool conversation continues on the second", async () => {
      const state = "c2lnbmF0dXJl";
      const call = { id: "call_a", name: "weather", arguments: ["{}"] };
      provider.behave("m1", play(first, { think: ["Hm."], signature: state, calls: [call] }));
      const begun = await ask({ messages: [user("weather?")], tools: [weather] });
      const message = begun.choices[0]?.message;
      const [made] = message?.tool_calls ?? [];
      provider.behave("m1", play(first, { fail: { status: 529, message: "Overloaded" } }));
      provider.behave("m2", play(second, { say: ["Sunny."] }));
      const messages: OpenAI.Chat.ChatCompletionMessageParam[] = [
        user("weather?"),
        {
          role: "assistant",
          content: null,
          tool_calls: [
            {
              id: made?.id ?? "",
              type: "function",
              function: { name: "weather", arguments: "{}" },
            },
          ],
        },
        { role: "tool", tool_call_id: made?.id ?? "", content: "no clouds" },
      ];
      const ended = await ask({ messages, tools: [weather] });
      expect(ended.choices[0]?.message.content).toBe("Sunny.");
      const sent = provider.requests.at(-1)?.body.toString() ?? "";
      expect(sent).toContain("no clouds");
      // State belongs to its provider.
      expect(sent).not.toContain(state);
    });
  },
);

function hostOf(first: ScriptedWire, second: ScriptedWire, provider: Provider) {
  return fakeHost({
    models: ["a/m1", "b/m2"],
    providers: { a: first.baseUrl(provider.baseUrl), b: second.baseUrl(provider.baseUrl) },
    apis: { a: first.api, b: second.api },
    config: { upstream: { retries: 0, breaker: { failures: 1000 }, firstTokenTimeoutMs: 300 } },
  });
}
