/** What becomes of a host that throws where it could have said that a model can't be used. */
import * as agentRuntime from "openclaw/plugin-sdk/agent-runtime";
import { prepareSimpleCompletionModelForAgent } from "openclaw/plugin-sdk/simple-completion-runtime";
import { beforeEach, expect, test, vi } from "vitest";
import { createCredentialSource } from "../../../src/host/credentials.ts";
import { createRoutes } from "../../../src/host/routes.ts";
import type { Route, Target } from "../../../src/routing/route.ts";

vi.mock("openclaw/plugin-sdk/simple-completion-runtime", () => ({
  prepareSimpleCompletionModelForAgent: vi.fn<() => Promise<never>>(),
}));
vi.mock("openclaw/plugin-sdk/agent-runtime", () => ({
  loadModelCatalog: vi.fn<() => Promise<never>>(),
  resolveAgentDir: () => "/nonexistent",
  resolveApiKeyForProvider: vi.fn<() => Promise<never>>(),
}));

const prepare = vi.mocked(prepareSimpleCompletionModelForAgent);
const loadModelCatalog = vi.mocked(agentRuntime.loadModelCatalog);
const secret = new Error("token exchange failed for sk-secret");
const config = {};
const target: Target = { agentId: "main", modelRef: undefined, namedBy: "agent" };
const named: Target = { agentId: "main", modelRef: "a/m1", namedBy: "client" };

beforeEach(() => {
  prepare.mockReset();
  loadModelCatalog.mockReset();
});

test("a model that can't be prepared is not configured, and is asked for again", async () => {
  prepare.mockRejectedValue(secret);
  const { route } = createRoutes(() => config);
  for (let at = 0; at < 2; at += 1) {
    await expect(route(target)).rejects.toMatchObject({
      code: "provider_not_configured",
      consequence: { fallback: true },
      message: expect.not.stringContaining("sk-secret"),
    });
  }
  expect(prepare).toHaveBeenCalledTimes(2);
});

test("a model that has no usable headers is not configured", async () => {
  const model = { api: "openai-completions", id: "m1", provider: "a", headers: { "x-a": 5 } };
  prepare.mockResolvedValue({ model } as never);
  await expect(createRoutes(() => config).route(target)).rejects.toMatchObject({
    code: "provider_not_configured",
  });
});

test("a catalog that can't be loaded makes nothing unknown, and is no failure of the relay's", async () => {
  prepare.mockRejectedValue(secret);
  loadModelCatalog.mockRejectedValue(secret);
  const { route, embeddingsRoute } = createRoutes(() => config);
  for (const resolve of [route, embeddingsRoute]) {
    await expect(resolve(named)).rejects.toMatchObject({
      code: "provider_not_configured",
      message: expect.not.stringContaining("sk-secret"),
    });
  }
});

test.each(["ensureAuthProfileStore", "resolveAuthProfileOrder"] as const)(
  "there is no next credential where %s throws",
  async (name) => {
    const modelAuth = {
      ensureAuthProfileStore: () => ({ version: 1, profiles: {} }),
      resolveAuthProfileOrder: () => ["a:next"],
      [name]: () => {
        throw secret;
      },
    };
    const keys = createCredentialSource({ current: () => config, modelAuth });
    const route = { agentId: "main", provider: "a", modelId: "m1", sendsKey: true } as Route;
    expect(await keys.nextCredential(route, new Set())).toBeUndefined();
  },
);
