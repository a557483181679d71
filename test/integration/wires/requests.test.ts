/**
 * The same conversation as the AI SDK writes it for a provider, and as the relay does. Where they differ, the test says how,
 * and docs/providers.md why.
 */
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { expect, onTestFinished, test } from "vitest";
import { call } from "../../support/client.ts";
import { startProvider } from "../../support/provider.ts";
import { fakeHost, startRelayServer } from "../../support/relay-server.ts";
import { scriptedAnthropic } from "../../support/wires/anthropic-messages.ts";
import { scriptedGoogle } from "../../support/wires/google-generative-ai.ts";
import { scriptedResponses } from "../../support/wires/openai-responses.ts";
import { play, type ScriptedWire } from "../../support/wires/scene.ts";

type NativeModel = ReturnType<ReturnType<typeof createAnthropic>["languageModel"]>;

interface Compared {
  readonly wire: ScriptedWire;
  readonly open: (baseUrl: string) => NativeModel;
  /** Text replacements that make the relay's body out of the AI SDK's. */
  readonly differences: readonly (readonly [native: string, ours: string])[];
}

const compared: readonly Compared[] = [
  {
    wire: scriptedAnthropic,
    open: (baseUrl) =>
      createAnthropic({ baseURL: `${baseUrl}/v1`, apiKey: "k" }).languageModel("m1"),
    differences: [[',"eager_input_streaming":true', ""]],
  },
  {
    wire: scriptedResponses,
    open: (baseURL) => createOpenAI({ baseURL, apiKey: "k" }).responses("m1"),
    differences: [
      [
        '{"role":"system","content":"Be brief."}',
        '{"type":"message","role":"system","content":[{"type":"input_text","text":"Be brief."}]}',
      ],
      ['{"role":"user",', '{"type":"message","role":"user",'],
      [
        '{"role":"assistant","content":"Let me look."}',
        '{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Let me look."}]}',
      ],
      ['"stream":true', '"stream":true,"store":false'],
    ],
  },
  {
    wire: scriptedGoogle,
    open: (baseURL) => createGoogleGenerativeAI({ baseURL, apiKey: "k" }).languageModel("m1"),
    differences: [['{"name":"look","content":"a cat"}', '{"output":"a cat"}']],
  },
];

const png = "iVBORw0KGgo=";
const parameters = { type: "object" as const, properties: { at: { type: "number" as const } } };
/** The Responses API has no stop words. */
const stopOf = ({ api }: ScriptedWire) => (api === "openai-responses" ? undefined : ["END"]);

test.each(compared.map((one) => [one.wire.api, one] as const))(
  "%s",
  async (_api, { wire, open, differences }) => {
    const provider = await startProvider();
    onTestFinished(provider.close);
    provider.behave("m1", play(wire, { say: ["hi"], usage: { input: 3, output: 1 } }));
    const baseUrl = wire.baseUrl(provider.baseUrl);
    await askNatively(open(baseUrl), stopOf(wire));
    const relay = await startRelayServer(
      fakeHost({ models: ["a/m1"], providers: { a: baseUrl }, apis: { a: wire.api } }),
    );
    onTestFinished(relay.close);
    const answer = await call(`${relay.url}/v1/chat/completions`, {
      body: { ...asChat, stop: stopOf(wire) },
    });
    expect(answer.headers["x-openclaw-dropped-params"]).toBeUndefined();
    const [native, ours] = provider.requests;
    const expected = differences.reduce(
      (text, [from, to]) => text.replace(from, to),
      native?.body.toString() ?? "",
    );
    expect(ours?.path).toBe(native?.path);
    expect(ours?.json).toEqual(JSON.parse(expected));
  },
);

async function askNatively(model: NativeModel, stopSequences: string[] | undefined): Promise<void> {
  const { stream } = await model.doStream({
    prompt: [
      { role: "system", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "text", text: "What is this?" },
          { type: "file", mediaType: "image/png", data: { type: "data", data: png } },
        ],
      },
      {
        role: "assistant",
        content: [
          { type: "text", text: "Let me look." },
          { type: "tool-call", toolCallId: "call_a", toolName: "look", input: { at: 1 } },
        ],
      },
      {
        role: "tool",
        content: [
          {
            type: "tool-result",
            toolCallId: "call_a",
            toolName: "look",
            output: { type: "text", value: "a cat" },
          },
        ],
      },
    ],
    tools: [{ type: "function", name: "look", description: "Looks.", inputSchema: parameters }],
    toolChoice: { type: "tool", toolName: "look" },
    maxOutputTokens: 200,
    temperature: 0.5,
    topP: 0.9,
    ...(stopSequences === undefined ? {} : { stopSequences }),
  });
  await stream.pipeTo(new WritableStream());
}

const asChat = {
  model: "openclaw",
  stream: true,
  messages: [
    { role: "system", content: "Be brief." },
    {
      role: "user",
      content: [
        { type: "text", text: "What is this?" },
        { type: "image_url", image_url: { url: `data:image/png;base64,${png}` } },
      ],
    },
    {
      role: "assistant",
      content: "Let me look.",
      tool_calls: [
        { id: "call_a", type: "function", function: { name: "look", arguments: '{"at":1}' } },
      ],
    },
    { role: "tool", tool_call_id: "call_a", content: "a cat" },
  ],
  tools: [{ type: "function", function: { name: "look", description: "Looks.", parameters } }],
  tool_choice: { type: "function", function: { name: "look" } },
  max_tokens: 200,
  temperature: 0.5,
  top_p: 0.9,
};
