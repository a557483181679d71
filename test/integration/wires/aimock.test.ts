/** Every wire against the upstream of another project, `@copilotkit/aimock`, whose shapes nobody here wrote. */
import { LLMock } from "@copilotkit/aimock";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { fakeHost, startRelayServer } from "../../support/relay-server.ts";
import { scriptedWires } from "../../support/wires/wires.ts";

const mock = new LLMock({ port: 0 });

beforeAll(async () => {
  mock.onMessage("hello", { content: "Hi there, and good morning!" });
  mock.onMessage("weather", {
    toolCalls: [{ name: "weather", arguments: JSON.stringify({ city: "Rome" }) }],
  });
  await mock.start();
});
afterAll(() => mock.stop());

describe.each(scriptedWires.map((wire) => [wire.api, wire] as const))("%s", (_api, wire) => {
  const start = async () => {
    const relay = await startRelayServer(
      fakeHost({
        models: ["a/m1"],
        providers: { a: wire.baseUrl(`${mock.url}/v1`) },
        apis: { a: wire.api },
      }),
    );
    onTestFinished(relay.close);
    return new OpenAI({ baseURL: `${relay.url}/v1`, apiKey: "token", maxRetries: 0 });
  };
  const model = "openclaw";

  test("text, as a stream and whole", async () => {
    const openai = await start();
    const messages = [{ role: "user" as const, content: "hello" }];
    const whole = await openai.chat.completions.create({ model, messages });
    const streamed = await openai.chat.completions
      .stream({ model, messages })
      .finalChatCompletion();
    for (const { choices } of [whole, streamed]) {
      expect(choices[0]).toMatchObject({
        message: { content: "Hi there, and good morning!" },
        finish_reason: "stop",
      });
    }
  });

  test("a call", async () => {
    const openai = await start();
    const messages = [{ role: "user" as const, content: "weather" }];
    const tools = [
      {
        type: "function" as const,
        function: { name: "weather", parameters: { type: "object", properties: {} } },
      },
    ];
    const { choices } = await openai.chat.completions
      .stream({ model, messages, tools })
      .finalChatCompletion();
    expect(choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: { tool_calls: [{ function: { name: "weather", arguments: '{"city":"Rome"}' } }] },
    });
  });
});
