/**
 * The same scripted provider, once spoken to natively by the AI SDK and once through the relay: both must hear the same. The
 * AI SDK is an oracle that nobody here wrote.
 */
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Provider, startProvider } from "../../support/provider.ts";
import { fakeHost, type RelayServer, startRelayServer } from "../../support/relay-server.ts";
import { play, type Scene, type ScriptedWire } from "../../support/wires/scene.ts";
import { scriptedAnthropic } from "../../support/wires/anthropic-messages.ts";
import { scriptedGoogle } from "../../support/wires/google-generative-ai.ts";
import { scriptedResponses } from "../../support/wires/openai-responses.ts";

type NativeModel = ReturnType<ReturnType<typeof createAnthropic>["languageModel"]>;

/** Opens the AI SDK's model for a wire. @param baseUrl the provider's, as the host's config has it. */
const oracles: readonly {
  readonly wire: ScriptedWire;
  readonly open: (baseUrl: string) => NativeModel;
}[] = [
  {
    wire: scriptedAnthropic,
    open: (baseUrl) =>
      createAnthropic({ baseURL: `${baseUrl}/v1`, apiKey: "k" }).languageModel("m1"),
  },
  {
    wire: scriptedResponses,
    open: (baseURL) => createOpenAI({ baseURL, apiKey: "k" }).responses("m1"),
  },
  {
    wire: scriptedGoogle,
    open: (baseURL) => createGoogleGenerativeAI({ baseURL, apiKey: "k" }).languageModel("m1"),
  },
];

const usage = { input: 30, output: 25, cacheRead: 10 };
const rome = { id: "call_a", name: "weather", arguments: ['{"ci', 'ty":"Rome"}'] };
const oslo = { id: "call_b", name: "weather", arguments: ['{"city":"Oslo"}'] };

const scenes: Readonly<Record<string, Scene>> = {
  "plain text": { say: ["Hel", "lo ü 🎉"], usage },
  reasoning: { think: ["Let me ", "see."], signature: "c2ln", say: ["42"], usage },
  "a call": { say: ["Looking."], calls: [rome], usage },
  "parallel calls": { calls: [rome, oslo], usage },
  "interleaved calls": { calls: [rome, oslo], isInterleaved: true, usage },
  "a call without arguments": { calls: [{ id: "call_n", name: "now", arguments: [] }], usage },
  "an answer cut by its length": { say: ["too lo"], finish: "length", usage },
};

describe.each(oracles.map((oracle) => [oracle.wire.api, oracle] as const))(
  "%s",
  (_api, { wire, open }) => {
    let provider: Provider;
    let relay: RelayServer;
    let openai: OpenAI;

    beforeAll(async () => {
      provider = await startProvider();
      relay = await startRelayServer(
        fakeHost({
          models: ["a/m1"],
          providers: { a: wire.baseUrl(provider.baseUrl) },
          apis: { a: wire.api },
        }),
      );
      openai = new OpenAI({ baseURL: `${relay.url}/v1`, apiKey: "token", maxRetries: 0 });
    });
    beforeEach(() => provider.reset());
    afterAll(async () => {
      await relay.close();
      await provider.close();
    });

    test.each(Object.entries(scenes))("%s", async (_name, scene) => {
      provider.behave("m1", play(wire, scene));
      const native = await heardNatively(open(wire.baseUrl(provider.baseUrl)));
      expect(await heardThrough(openai)).toEqual(native);
    });
  },
);

/** What a client hears of an answer. */
interface Heard {
  text: string;
  reasoning: string;
  calls: { readonly name: string; readonly input: unknown }[];
  finish: string;
  tokens: Readonly<Record<"input" | "cached" | "output", number | undefined>>;
}

async function heardNatively(model: NativeModel): Promise<Heard> {
  const heard: Heard = {
    text: "",
    reasoning: "",
    calls: [],
    finish: "",
    tokens: { input: undefined, cached: undefined, output: undefined },
  };
  const { stream } = await model.doStream({
    prompt: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
    tools: [{ type: "function", name: "weather", inputSchema: { type: "object" } }],
  });
  for await (const part of stream) {
    if (part.type === "text-delta") {
      heard.text += part.delta;
    } else if (part.type === "reasoning-delta") {
      heard.reasoning += part.delta;
    } else if (part.type === "tool-call") {
      heard.calls.push({ name: part.toolName, input: JSON.parse(part.input) });
    } else if (part.type === "finish") {
      const { inputTokens, outputTokens } = part.usage;
      heard.finish = part.finishReason.unified;
      heard.tokens = {
        input: inputTokens.total,
        cached: inputTokens.cacheRead,
        output: outputTokens.total,
      };
    }
  }
  return heard;
}

const finishes = {
  stop: "stop",
  length: "length",
  tool_calls: "tool-calls",
  content_filter: "content-filter",
};

async function heardThrough(openai: OpenAI): Promise<Heard> {
  let reasoning = "";
  const answer = await openai.chat.completions
    .stream({
      model: "openclaw",
      messages: [{ role: "user", content: "hi" }],
      tools: [{ type: "function", function: { name: "weather", parameters: { type: "object" } } }],
      stream_options: { include_usage: true },
    })
    .on("chunk", ({ choices: [choice] }) => {
      const delta = choice?.delta as { readonly reasoning_content?: string } | undefined;
      reasoning += delta?.reasoning_content ?? "";
    })
    .finalChatCompletion();
  const [choice] = answer.choices;
  return {
    text: choice?.message.content ?? "",
    reasoning,
    calls: (choice?.message.tool_calls ?? []).flatMap((call) =>
      call.type === "function"
        ? [{ name: call.function.name, input: JSON.parse(call.function.arguments) }]
        : [],
    ),
    finish: finishes[(choice?.finish_reason ?? "stop") as keyof typeof finishes],
    tokens: {
      input: answer.usage?.prompt_tokens,
      cached: answer.usage?.prompt_tokens_details?.cached_tokens,
      output: answer.usage?.completion_tokens,
    },
  };
}
