/** Which model of a provider supplies the route to its embeddings. */
import { loadModelCatalog } from "openclaw/plugin-sdk/agent-runtime";
import { prepareSimpleCompletionModelForAgent } from "openclaw/plugin-sdk/simple-completion-runtime";
import { beforeEach, expect, test, vi } from "vitest";
import { createRoutes } from "../../../src/host/routes.ts";

vi.mock("openclaw/plugin-sdk/simple-completion-runtime", () => ({
  prepareSimpleCompletionModelForAgent: vi.fn<() => Promise<unknown>>(),
}));
vi.mock("openclaw/plugin-sdk/agent-runtime", () => ({
  loadModelCatalog: vi.fn<() => Promise<unknown>>(),
  resolveAgentDir: () => "/nonexistent",
}));
vi.mock("openclaw/plugin-sdk/provider-model-shared", () => ({}));
vi.mock("openclaw/plugin-sdk/provider-stream-shared", () => ({}));

type Listed = readonly [id: string, api: string];

/** The route to `a/e1`, for this catalog of the provider `a`. */
async function routeTo(catalog: readonly Listed[]) {
  vi.mocked(loadModelCatalog).mockResolvedValue(
    catalog.map(([id, api]) => ({ id, name: id, provider: "a", api })) as never,
  );
  vi.mocked(prepareSimpleCompletionModelForAgent).mockImplementation((async ({
    modelRef,
  }: {
    readonly modelRef: string;
  }) => {
    const id = modelRef.slice("a/".length);
    const api = catalog.find(([listed]) => listed === id)?.[1];
    return { model: { id, api, provider: "a", baseUrl: `http://127.0.0.1:9/${id}` } };
  }) as never);
  const { embeddingsRoute } = createRoutes(() => ({}));
  const { modelId, api, baseUrl } = await embeddingsRoute({
    agentId: "main",
    modelRef: "a/e1",
    namedBy: "client",
  });
  return { modelId, api, from: baseUrl.split("/").at(-1) };
}

beforeEach(() => vi.clearAllMocks());

test.each<[string, readonly Listed[], string, string]>([
  ["an OpenAI-compatible one", [["m1", "openai-completions"]], "openai-completions", "m1"],
  ["one of the Responses API", [["m1", "openai-responses"]], "openai-completions", "m1"],
  ["a Gemini one", [["m1", "google-generative-ai"]], "google-generative-ai", "m1"],
  ["an Ollama one", [["m1", "ollama"]], "ollama", "m1"],
  [
    "the embedding model itself, if it is listed",
    [
      ["m1", "openai-completions"],
      ["e1", "ollama"],
    ],
    "ollama",
    "e1",
  ],
  [
    "an OpenAI-compatible one rather than another",
    [
      ["m1", "anthropic-messages"],
      ["m2", "ollama"],
      ["m3", "openai-responses"],
    ],
    "openai-completions",
    "m3",
  ],
])("%s", async (_what, catalog, api, from) => {
  expect(await routeTo(catalog)).toEqual({ modelId: "e1", api, from });
});

test("a provider without such a model is unsupported, and none is prepared", async () => {
  const none: readonly Listed[] = [
    ["e1", "anthropic-messages"],
    ["m1", "google-vertex"],
  ];
  await expect(routeTo(none)).rejects.toMatchObject({ code: "unsupported_target" });
  expect(prepareSimpleCompletionModelForAgent).not.toHaveBeenCalled();
});
