import { expect, test } from "vitest";
import { modelFacts } from "../../../src/host/model-facts.ts";

const model = { id: "m1", provider: "p", api: "openai-responses" };

test("a model without a description takes everything", async () => {
  expect(await modelFacts(model)).toEqual({
    id: "m1",
    maxTokens: undefined,
    isReasoning: false,
    efforts: undefined,
    acceptsSampling: true,
    thinksByEffort: false,
  });
});

test("the catalog says how long answers are, and which efforts there are", async () => {
  const facts = await modelFacts({
    ...model,
    maxTokens: 8192,
    reasoning: true,
    thinkingLevelMap: { off: null, high: "very-high" },
    compat: { supportsTemperature: false },
  });
  expect(facts).toMatchObject({
    maxTokens: 8192,
    isReasoning: true,
    efforts: { none: null, high: "very-high" },
    acceptsSampling: false,
  });
});

test("Ollama's context is the size that the host asks for, and efforts are words where the catalog has some", async () => {
  const ollama = { ...model, api: "ollama", contextTokens: 16_384 };
  expect(await modelFacts(ollama)).toMatchObject({ contextTokens: 16_384, thinksByEffort: false });
  const configured = { ...ollama, params: { num_ctx: 8192 }, thinkingLevelMap: { high: "high" } };
  expect(await modelFacts(configured)).toMatchObject({ contextTokens: 8192, thinksByEffort: true });
});

test("a list of efforts excludes all others, and a map names them", async () => {
  const { efforts } = await modelFacts({
    ...model,
    compat: {
      supportedReasoningEfforts: ["low", "high"],
      reasoningEffortMap: { high: "deep" },
    },
  });
  expect(efforts).toMatchObject({ none: null, low: "low", medium: null, high: "deep", max: null });
});

// The host's own predicates, loaded from the host.
test.each([
  ["anthropic-messages", "claude-opus-4-8", { acceptsSampling: false, thinksByEffort: true }],
  ["anthropic-messages", "claude-haiku-4-5", { acceptsSampling: true, thinksByEffort: false }],
  ["google-generative-ai", "gemini-3-pro-preview", { acceptsSampling: true, thinksByEffort: true }],
  ["google-generative-ai", "gemini-2.5-flash", { acceptsSampling: true, thinksByEffort: false }],
])("%s: the host knows %s", async (api, id, facts) => {
  expect(await modelFacts({ ...model, api, id })).toMatchObject(facts);
});
