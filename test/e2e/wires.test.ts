/** Models whose protocols the relay translates, in a real gateway. */
import type OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import { call, until } from "../support/client.ts";
import { diskGrowth, filesContaining, measureDisk, restingDisk } from "../support/disk.ts";
import { runHost } from "../support/install.ts";
import type { Provider } from "../support/provider.ts";
import { scriptedAnthropic } from "../support/wires/anthropic-messages.ts";
import { scriptedGoogle } from "../support/wires/google-generative-ai.ts";
import { scriptedOllama } from "../support/wires/ollama.ts";
import { scriptedAzureResponses, scriptedResponses } from "../support/wires/openai-responses.ts";
import { play, type Scene, type ScriptedWire } from "../support/wires/scene.ts";
import { entries, messages, openaiClient, useGateway } from "./fixture.ts";
import { model } from "./relay-config.ts";

interface Target {
  readonly provider: string;
  readonly modelId: string;
  readonly wire: ScriptedWire;
}

/** The vendors' own names: for them the host's plugins prepare models in their own ways. */
const claude: Target = {
  provider: "anthropic",
  modelId: "claude-haiku-4-5",
  wire: scriptedAnthropic,
};
const gpt: Target = { provider: "openai", modelId: "gpt-5.4", wire: scriptedResponses };
const azure: Target = {
  provider: "azure-openai",
  modelId: "deployed",
  wire: scriptedAzureResponses,
};
const gemini: Target = { provider: "google", modelId: "gemini-2.5-flash", wire: scriptedGoogle };
const llama: Target = { provider: "ollama", modelId: "llama3.2:3b", wire: scriptedOllama };
const agents = { claude, gpt, azure, gemini, llama };

/** Others that no agent has. */
const opus: Target = { ...claude, modelId: "claude-opus-4-8" };
const homelab: Target = { provider: "homelab", modelId: "qwen3:8b", wire: scriptedOllama };
const vertex: Target = {
  provider: "google-vertex",
  modelId: "gemini-3.1-pro-preview",
  wire: { ...scriptedGoogle, api: "google-vertex" },
};
const targets = [...Object.values(agents), opus, homelab, vertex];
const named = ({ provider, modelId }: Target) => `${provider}/${modelId}`;

const rates = { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 };
const longRates = { input: 6, output: 22.5, cacheRead: 0.6, cacheWrite: 7.5 };
const cost = {
  ...rates,
  tieredPricing: [
    { ...rates, range: [0, 200_000] },
    { ...longRates, range: [200_000] },
  ],
};

const texts = { spender: createKeyText(), poor: createKeyText() };
const key = (name: keyof typeof texts, budgetUsdPerDay: number) => ({
  [name]: { id: name, sha256: keyDigest(texts[name]).toString("hex"), budgetUsdPerDay },
});

const fixture = useGateway({
  config: (scripted: Provider) => ({
    models: {
      providers: Object.fromEntries(
        [...Map.groupBy(targets, ({ provider }) => provider)].map(
          ([provider, [first, ...others]]) => [
            provider,
            {
              baseUrl: first?.wire.baseUrl(scripted.baseUrl),
              apiKey: `sk-of-${provider}`,
              api: first?.wire.api,
              models: [first, ...others].map((target) =>
                model(target?.modelId ?? "", {
                  contextWindow: 300_000,
                  maxTokens: 7777,
                  input: ["text", "image"],
                  reasoning: true,
                  cost,
                }),
              ),
            },
          ],
        ),
      ),
    },
    agents: {
      ownership: "explicit",
      entries: {
        ...Object.fromEntries(
          Object.entries(agents).map(([id, target]) => [id, { model: named(target) }]),
        ),
        voice: { model: named(gemini) },
        mixed: { model: { primary: named(claude), fallbacks: [named(gemini)] } },
        strict: { model: { primary: named(azure), fallbacks: [named(claude)] } },
      },
    },
    plugins: {
      entries: {
        passthrough: {
          config: {
            defaultAgent: "claude",
            agents: { voice: { mode: "light", http: { systemPrompt: "You are Ada." } } },
            upstream: {
              retries: 0,
              breaker: { failures: 1000 },
              providers: { [azure.provider]: { unsupported: "reject" } },
            },
            keys: { ...key("spender", 5), ...key("poor", 0.001) },
          },
        },
      },
    },
  }),
});

const scene = ({ modelId, wire }: Target, of: Scene) =>
  fixture.provider.behave(modelId, play(wire, of));
const bodyOf = (answer: { readonly body: Buffer }) => JSON.parse(answer.body.toString());

/** What a provider was sent last. Plugins of the host may ask it for other things. */
function sentTo({ provider }: Target) {
  const request = fixture.provider.requests.findLast(({ headers }) =>
    Object.values(headers).some((value) => value?.includes(`sk-of-${provider}`)),
  );
  return { path: request?.path, json: request?.json, text: request?.body.toString() ?? "" };
}

const ask = (asked: string, more: object = {}, headers: Record<string, string> = {}) =>
  fixture.call("/v1/chat/completions", { model: asked, messages, ...more }, headers);

const tools: OpenAI.ChatCompletionTool[] = [
  {
    type: "function",
    function: {
      name: "weather",
      parameters: { type: "object", properties: { city: { type: "string" } } },
    },
  },
];

/** Paths that the vendors document, with what the host makes of the base URLs. */
const paths = new Map([
  ["claude", "/v1/messages"],
  ["gpt", "/v1/responses"],
  ["azure", "/v1/responses?api-version=v1"],
  ["gemini", "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"],
  ["llama", "/api/chat"],
]);

describe.each(entries)("through $name", (entry) => {
  const signed = (city: string) => Buffer.from(`${city} ${entry.name}`).toString("base64");

  test.each(Object.entries(agents))("%s answers, as a stream and whole", async (agent, target) => {
    const openai = openaiClient(fixture.through(entry));
    const body = {
      model: `openclaw/${agent}`,
      messages: messages as OpenAI.ChatCompletionMessageParam[],
    };
    scene(target, { think: ["Hm."], say: ["Hel", "lo"], usage: { input: 30, output: 5 } });
    const whole = await openai.chat.completions.create(body);
    const streamed = await openai.chat.completions
      .stream({ ...body, stream_options: { include_usage: true } })
      .finalChatCompletion();
    for (const answer of [whole, streamed]) {
      expect(answer.choices[0]).toMatchObject({
        message: { content: "Hello" },
        finish_reason: "stop",
      });
      expect(answer.usage).toMatchObject({ prompt_tokens: 30, completion_tokens: 5 });
    }
    expect(sentTo(target).path).toBe(paths.get(agent));
  });

  test.each(Object.entries(agents))("%s calls a tool twice", async (agent, target) => {
    const openai = openaiClient(fixture.through(entry));
    const conversation = messages as OpenAI.ChatCompletionMessageParam[];
    const body = { model: `openclaw/${agent}`, tools };
    const said = [...conversation];
    for (const city of ["Rome", "Oslo"]) {
      scene(target, {
        think: ["Hm."],
        signature: signed(city),
        calls: [{ id: `call_${city}`, name: "weather", arguments: ['{"ci', `ty":"${city}"}`] }],
      });
      const { choices } = await openai.chat.completions
        .stream({ ...body, messages: said })
        .finalChatCompletion();
      const [called] = choices[0]?.message.tool_calls ?? [];
      const { id = "" } = called ?? {};
      const text = called?.type === "function" ? called.function.arguments : "";
      expect([choices[0]?.finish_reason, JSON.parse(text)]).toEqual(["tool_calls", { city }]);
      // As a client writes it that keeps only what the OpenAI API has.
      const asked = { name: "weather", arguments: text };
      said.push(
        { role: "assistant", tool_calls: [{ id, type: "function", function: asked }] },
        { role: "tool", tool_call_id: id, content: `sunny in ${city}` },
      );
    }
    scene(target, { say: ["Sunny."] });
    const last = await openai.chat.completions.create({ ...body, messages: said });
    expect(last.choices[0]?.message.content).toBe("Sunny.");
    const { text } = sentTo(target);
    for (const city of ["Rome", "Oslo"]) {
      expect(text).toContain(`sunny in ${city}`);
      expect(text.includes(signed(city))).toBe(target.wire.has("opaque state"));
    }
  });
});

describe("a key with a budget", () => {
  const base = () => `${fixture.gateway.url}/passthrough/v1`;
  const askWith = (text: string, body: object) =>
    call(`${base()}/chat/completions`, {
      headers: { authorization: `Bearer ${text}` },
      body: { messages, max_tokens: 20, ...body },
    });
  const usageOf = async (text: string) =>
    bodyOf(await call(`${base()}/usage`, { headers: { authorization: `Bearer ${text}` } }));

  test("pays for what each provider counts: cache reads and writes, and the tier of the prompt's length", async () => {
    const expected = new Map<string, number>();
    for (const [agent, target] of Object.entries(agents)) {
      const { wire } = target;
      const usage = {
        input: 1000,
        output: 100,
        cacheRead: wire.has("cache") ? 300 : 0,
        cacheWrite: wire.has("cache writes") ? 200 : 0,
      };
      const long = {
        input: usage.input * 250,
        output: 1000,
        cacheRead: usage.cacheRead * 250,
        cacheWrite: usage.cacheWrite * 250,
      };
      scene(target, { say: ["Hello"], usage });
      await askWith(texts.spender, { model: `openclaw/${agent}`, stream: true });
      scene(target, { say: ["Hello"], usage: long });
      await askWith(texts.spender, { model: `openclaw/${agent}` });
      expected.set(named(target), dollars(usage, rates) + dollars(long, longRates));
    }
    // Claude's, by hand: $0.00384 and $1.1925.
    expect(expected.get(named(claude))).toBeCloseTo(1.19634, 9);
    await until(async () => (await usageOf(texts.spender)).today.requests === 10);
    const { models } = await usageOf(texts.spender);
    const spent = models.map((row: { model: string; today: { costUsd: number } }) => [
      row.model,
      expect.closeTo(row.today.costUsd, 9),
    ]);
    expect(Object.fromEntries(expected)).toEqual(Object.fromEntries(spent));
    const ofClaude = models.find((row: { model: string }) => row.model === named(claude));
    expect(ofClaude.today).toMatchObject({
      errors: 0,
      tokensIn: 251_000,
      tokensOut: 1100,
      tokensCached: 75_300,
      tokensCacheWrite: 50_200,
    });
  });

  test("is refused when its budget is spent", async () => {
    scene(claude, { say: ["Hello"], usage: { input: 1000, output: 100 } });
    const first = await askWith(texts.poor, { model: "openclaw/claude" });
    await until(async () => (await usageOf(texts.poor)).today.costUsd > 0.001);
    const second = await askWith(texts.poor, { model: "openclaw/claude" });
    expect([first.status, second.status]).toEqual([200, 429]);
    expect(bodyOf(second).error.code).toBe("insufficient_quota");
  });

  function dollars(
    usage: Required<
      Pick<NonNullable<Scene["usage"]>, "input" | "output" | "cacheRead" | "cacheWrite">
    >,
    price: typeof rates,
  ): number {
    const { input, output, cacheRead, cacheWrite } = usage;
    return (
      ((input - cacheRead - cacheWrite) * price.input +
        output * price.output +
        cacheRead * price.cacheRead +
        cacheWrite * price.cacheWrite) /
      1e6
    );
  }
});

test("an overloaded Claude falls back to Gemini in the same agent", async () => {
  scene(claude, { fail: { status: 529, message: "Overloaded" } });
  scene(gemini, { say: ["Hello"] });
  for (const stream of [true, false]) {
    const answer = await ask("openclaw/mixed", { stream });
    expect([answer.status, answer.headers["x-openclaw-model"]]).toEqual([200, gemini.modelId]);
    expect(answer.headers["x-openclaw-attempt-log"]).toMatch(
      /^anthropic\/claude-haiku-4-5 upstream_\w+ 529 .*google\/gemini-2.5-flash ok/,
    );
    expect(answer.body.toString()).toContain("Hello");
  }
});

test("what a wire cannot say is named", async () => {
  for (const [agent, target] of Object.entries(agents)) {
    scene(target, { say: ["Hello"] });
    const answer = await ask(`openclaw/${agent}`, { logit_bias: { "1": -100 }, made_up: 1 });
    // Azure's provider refuses it, and its agent has no other model.
    expect([agent, answer.status, answer.headers["x-openclaw-dropped-params"]]).toEqual(
      target === azure ? [agent, 400, undefined] : [agent, 200, "logit_bias, made_up"],
    );
  }
});

test("a provider that must get all parameters is passed over", async () => {
  scene(claude, { say: ["Hello"] });
  const answer = await ask("openclaw/strict", { seed: 1 });
  expect(answer.status).toBe(200);
  expect(answer.headers["x-openclaw-attempt-log"]).toMatch(
    /^azure-openai\/deployed unsupported_params.*anthropic\/claude-haiku-4-5 ok/,
  );
  expect(answer.headers["x-openclaw-dropped-params"]).toBe("seed");
  expect(sentTo(azure).path).toBeUndefined();
});

test("light mode's system prompt reaches a provider of another protocol", async () => {
  scene(gemini, { say: ["Hello"] });
  const answer = await ask("openclaw/voice", { stream: true });
  expect([answer.status, answer.headers["x-openclaw-mode"]]).toEqual([200, "light"]);
  expect(sentTo(gemini).json).toMatchObject({
    systemInstruction: { parts: [{ text: "You are Ada." }] },
    contents: [{ role: "user", parts: [{ text: "say hi" }] }],
  });
});

describe("what the host knows of a model reaches the wire", () => {
  test.each<[string, Target, object, object]>([
    ["its limit", claude, {}, { max_tokens: 7777 }],
    [
      "how it reasons, by tokens",
      claude,
      { reasoning_effort: "low" },
      { thinking: { type: "enabled", budget_tokens: 2048 } },
    ],
    [
      "how it reasons, by itself",
      opus,
      { reasoning_effort: "high", temperature: 0.5 },
      { thinking: { type: "adaptive" }, output_config: { effort: "high" } },
    ],
    ["that it reasons", gpt, { reasoning_effort: "low" }, { reasoning: { effort: "low" } }],
    [
      "that it reasons",
      gemini,
      { reasoning_effort: "low" },
      { generationConfig: { thinkingConfig: { thinkingBudget: 1024 } } },
    ],
    ["that it reasons", llama, { reasoning_effort: "low" }, { think: true }],
    [
      "that it reasons by levels",
      vertex,
      { reasoning_effort: "low" },
      { generationConfig: { thinkingConfig: { thinkingLevel: "LOW" } } },
    ],
  ])("%s: %o", async (_what, target, more, sent) => {
    scene(target, { say: ["Hello"] });
    const answer = await ask(named(target), more);
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.headers["x-openclaw-dropped-params"]).toBe(
      target === opus ? "temperature" : undefined,
    );
    expect(sentTo(target).json).toMatchObject(sent);
  });
});

test("an Ollama server of any name answers, although the host knows only its own", async () => {
  scene(homelab, { say: ["Hello"] });
  expect(bodyOf(await ask(named(homelab))).choices[0].message.content).toBe("Hello");
  expect(sentTo(homelab).path).toBe("/api/chat");
});

test("/v1/models lists all of them with what the host knows, and each that it lists answers", async () => {
  const { data } = bodyOf(await fixture.call("/v1/models"));
  const ids: string[] = data.map(({ id }: { id: string }) => id);
  expect(ids).toEqual(
    expect.arrayContaining([
      "openclaw",
      ...Object.keys({ ...agents, voice: 0, mixed: 0, strict: 0 }).map((id) => `openclaw/${id}`),
      ...targets.map(named),
    ]),
  );
  for (const target of targets) {
    expect(data.find(({ id }: { id: string }) => id === named(target))).toMatchObject({
      context_length: 300_000,
      architecture: { input_modalities: ["text", "image"] },
      pricing: { prompt: "0.000003", input_cache_write: "0.00000375" },
    });
    scene(target, { say: ["Hello"] });
  }
  for (const id of ids) {
    const { status, body } = await ask(id);
    expect([id, status, body.toString()]).toEqual([id, 200, expect.any(String)]);
  }
});

test("nothing of a conversation is on disk, and no row", async () => {
  const secret = "a prompt that must not be found on any disk";
  const signature = "YSBzaWduYXR1cmUgdGhhdCBtdXN0IG5vdCBiZSBmb3VuZA==";
  const turns = async () => {
    for (const [agent, target] of Object.entries(agents)) {
      for (const of of [
        {
          think: [secret],
          signature,
          say: [secret],
          calls: [{ id: "call_1", name: "weather", arguments: [JSON.stringify({ secret })] }],
        },
        { fail: { status: 500, message: secret } },
        { say: [secret], failWithin: { when: "after", status: 529, message: secret } },
        { say: [secret], cutAfter: target.wire.eventsBeforeCut },
      ] satisfies Scene[]) {
        scene(target, of);
        for (const stream of [true, false]) {
          await ask(`openclaw/${agent}`, {
            stream,
            tools,
            messages: [{ role: "user", content: secret }],
          });
        }
      }
    }
  };
  await turns();
  const before = await restingDisk(fixture.gateway.folder);
  await turns();
  const grown = diskGrowth(before, await measureDisk(fixture.gateway.folder));
  expect(grown.tables).toEqual({});
  expect(Object.keys(grown.files).filter((name) => name !== "gateway.log")).toEqual([]);
  for (const text of [secret, signature]) {
    expect(await filesContaining(fixture.gateway.folder, text)).toEqual([]);
  }
});

test("the status names no problem of the config, and counts the attempts", async () => {
  const status = JSON.parse(
    await runHost(fixture.gateway.folder, ["gateway", "call", "passthrough.status", "--json"]),
  );
  const problems: readonly { readonly path: string }[] = status.problems;
  // Some of the tests above make a provider fail, and use up a key's budget.
  expect(problems.filter(({ path }) => !/^(?:provider|key) /.test(path))).toEqual([]);
  expect(status).toMatchObject({
    totals: { relayErrors: 0 },
    upstream: { active: 0, openCircuits: [], refusedCredentials: [] },
  });
  expect(status.totals.attempts).toBeGreaterThan(100);
});

test("the gateway prints no key", () => {
  expect(fixture.gateway.output()).not.toContain("sk-of-");
});
