/** A host that throws instead of reporting that a model cannot be used. */
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

test("a model that cannot be prepared is provider_not_configured, and is prepared again next time", async () => {
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

test("a model with invalid headers is provider_not_configured", async () => {
  const model = { api: "openai-completions", id: "m1", provider: "a", headers: { "x-a": 5 } };
  prepare.mockResolvedValue({ model } as never);
  await expect(createRoutes(() => config).route(target)).rejects.toMatchObject({
    code: "provider_not_configured",
  });
});

test("a catalog that cannot be loaded does not make models unknown or cause an internal error", async () => {
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
  "there is no next credential if %s throws",
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
