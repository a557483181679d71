/** What the relay reads of a host's catalog of models. */
import * as agentRuntime from "openclaw/plugin-sdk/agent-runtime";
import { expect, test, vi } from "vitest";
import { listDirectModels, loadCatalog } from "../../../src/host/models.ts";

vi.mock("openclaw/plugin-sdk/agent-runtime", () => ({
  loadModelCatalog: vi.fn<() => Promise<unknown>>(),
  resolveAgentDir: () => "/nonexistent",
  async resolveApiKeyForProvider({ provider }: { readonly provider: string }) {
    if (provider === "keyed") {
      return { apiKey: "sk-keyed" };
    }
    throw new Error(`no key for ${provider}`);
  },
}));

const model = (id: string, more: object = {}) => ({ id, name: id, ...more });
const config = {
  models: {
    providers: {
      local: {
        baseUrl: "http://127.0.0.1:9",
        api: "openai-completions",
        models: [model("m1"), model("m2", { api: "openai-responses" })],
      },
    },
  },
};

test("an API that the catalog does not name is the config's, of the model before that of its provider", async () => {
  vi.mocked(agentRuntime.loadModelCatalog).mockResolvedValue([
    model("m1", { provider: "local" }),
    model("m2", { provider: "local" }),
    model("m3", { provider: "local", api: "anthropic-messages" }),
    model("m4", { provider: "constructor" }),
  ] as never);
  const catalog = await loadCatalog(config as never, "main");
  expect(catalog.map(({ id, api }) => [id, api])).toEqual([
    ["m1", "openai-completions"],
    ["m2", "openai-responses"],
    ["m3", "anthropic-messages"],
    ["m4", undefined],
  ]);
});

test("models of the config and of providers that have a key are listed", async () => {
  const api = "openai-completions";
  vi.mocked(agentRuntime.loadModelCatalog).mockResolvedValue([
    model("m1", { provider: "local", api }),
    model("k1", { provider: "keyed", api }),
    model("s1", { provider: "stranger", api }),
    model("c1", { provider: "constructor", api }),
  ] as never);
  const modelConfig = {
    resolveDefaultModelForAgent: () => ({ provider: "local", model: "m1" }),
    resolveAllowedModelRef({ raw = "" }) {
      const [provider = "", name = ""] = raw.split("/");
      return { ref: { provider, model: name }, key: raw };
    },
  };
  const listed = await listDirectModels({ modelConfig, config, agentId: "main" } as never);
  expect(listed).toEqual([
    { provider: "local", modelId: "m1" },
    { provider: "keyed", modelId: "k1" },
  ]);
});
