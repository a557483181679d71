/** How the host's runtime is called, against a scripted SDK. */
import { resolveApiKeyForProvider } from "openclaw/plugin-sdk/agent-runtime";
import { streamSimple } from "openclaw/plugin-sdk/llm";
import { getRuntimeAuthForModel } from "openclaw/plugin-sdk/provider-auth-runtime";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { createModelRuntime } from "../../../src/host/model-runtime.ts";
import type { PreparedModel } from "../../../src/host/provider-route.ts";
import type { RuntimeCall } from "../../../src/upstream/ports.ts";

vi.mock("openclaw/plugin-sdk/llm", () => ({ streamSimple: vi.fn<() => unknown>() }));
vi.mock("openclaw/plugin-sdk/provider-auth-runtime", () => ({
  getRuntimeAuthForModel: vi.fn<() => unknown>(),
}));
vi.mock("openclaw/plugin-sdk/agent-runtime", () => ({
  resolveApiKeyForProvider: vi.fn<() => unknown>(),
}));

const stream = vi.mocked(streamSimple);
const runtimeAuth = vi.mocked(getRuntimeAuthForModel);
const defaultKey = vi.mocked(resolveApiKeyForProvider);

const binding = Symbol("the host's runtime");
const prepared: PreparedModel = Object.defineProperty(
  { id: "m1", provider: "a", api: "x", baseUrl: "https://a" },
  binding,
  { value: "bound", enumerable: false },
);
const runtime = () =>
  createModelRuntime({ current: () => ({}), routes: { prepared: async () => prepared } });
const call = (more: Partial<RuntimeCall> = {}): RuntimeCall => ({
  agentId: "main",
  provider: "a",
  modelId: "m1",
  api: "x",
  key: "sk-configured",
  context: { messages: [] },
  options: { cacheRetention: "none" },
  signal: new AbortController().signal,
  onBegin: () => undefined,
  onEvents: () => undefined,
  ...more,
});

async function* says(...events: readonly unknown[]): AsyncGenerator {
  yield* events;
}
const done = { type: "done", reason: "stop", message: { content: [] } };
const ends = (error: object) => says({ type: "error", reason: "error", error });

beforeEach(() => {
  vi.resetAllMocks();
  stream.mockImplementation(() => says(done));
  runtimeAuth.mockResolvedValue({ apiKey: "sk-configured" });
});

function sentKey(): string | undefined {
  const options: { readonly apiKey?: string } | undefined = stream.mock.lastCall?.[2];
  return options?.apiKey;
}

describe("the key", () => {
  test("is the configured one, and the host is asked once whether it exchanges keys", async () => {
    const { callModel } = runtime();
    await callModel(call());
    await callModel(call());
    expect(sentKey()).toBe("sk-configured");
    expect(runtimeAuth).toHaveBeenCalledTimes(1);
    expect(stream.mock.lastCall?.[0]).toBe(prepared);
  });

  test("is the exchanged one, at its base URL, with a model that is still bound", async () => {
    runtimeAuth.mockResolvedValue({ apiKey: "exchanged", baseUrl: "https://b" });
    defaultKey.mockResolvedValue({ apiKey: "sk-configured" } as never);
    await runtime().callModel(call());
    expect(sentKey()).toBe("exchanged");
    const model = stream.mock.lastCall?.[0] as PreparedModel & { [binding]: unknown };
    expect([model.baseUrl, model.id, model[binding]]).toEqual(["https://b", "m1", "bound"]);
    expect(prepared.baseUrl).toBe("https://a");
  });

  test("is another profile's where the provider exchanges none", async () => {
    runtimeAuth.mockResolvedValue({ apiKey: "sk-default" });
    defaultKey.mockResolvedValue({ apiKey: "sk-default" } as never);
    await runtime().callModel(call());
    expect(sentKey()).toBe("sk-configured");
  });

  test("is never another one's exchanged key", async () => {
    runtimeAuth.mockResolvedValue({ apiKey: "exchanged" });
    defaultKey.mockResolvedValue({ apiKey: "sk-default" } as never);
    await expect(runtime().callModel(call())).rejects.toMatchObject({
      code: "provider_not_configured",
    });
    expect(stream).not.toHaveBeenCalled();
  });

  test("is the configured one if the host cannot say, and none if there is none", async () => {
    runtimeAuth.mockRejectedValue(new Error("no"));
    await runtime().callModel(call());
    expect(sentKey()).toBe("sk-configured");
    await runtime().callModel(call({ key: undefined }));
    expect(sentKey()).toBeUndefined();
  });

  test("is in no failure, neither the configured one nor the exchanged one", async () => {
    runtimeAuth.mockResolvedValue({ apiKey: "exchanged-key" });
    defaultKey.mockResolvedValue({ apiKey: "sk-configured" } as never);
    stream.mockImplementation(() =>
      ends({ errorMessage: "401: sk-configured and exchanged-key are bad" }),
    );
    expect(await runtime().callModel(call())).toMatchObject({
      status: 401,
      message: "*** and *** are bad",
    });
  });
});

describe("a call", () => {
  test("begins before its events, and passes them on", async () => {
    const heard: unknown[] = [];
    stream.mockImplementation(() =>
      says({ type: "text_delta", contentIndex: 0, delta: "Hi" }, done),
    );
    const failure = await runtime().callModel(
      call({ onBegin: () => heard.push("begin"), onEvents: (events) => heard.push(...events) }),
    );
    expect(failure).toBeUndefined();
    expect(heard).toMatchObject([
      "begin",
      { kind: "start" },
      { kind: "text", text: "Hi" },
      { kind: "usage" },
      { kind: "finish", reason: "stop" },
    ]);
  });

  test("that the model refuses is no failure", async () => {
    const heard: unknown[] = [];
    stream.mockImplementation(() =>
      ends({ errorMessage: "refused", diagnostics: [{ type: "provider_refusal" }] }),
    );
    const failure = await runtime().callModel(call({ onEvents: (list) => heard.push(...list) }));
    expect(failure).toBeUndefined();
    expect(heard).toContainEqual({ kind: "finish", reason: "content_filter" });
  });

  test.each([
    ["No API provider registered for api: x", "unknown-api"],
    ["No API key for provider: a", "no-key"],
    ["something else", "status"],
  ])("that throws %j fails as %s", async (message, kind) => {
    stream.mockImplementation(() => {
      throw new Error(message);
    });
    expect(await runtime().callModel(call())).toMatchObject({ kind });
  });

  test("that was aborted throws the signal's reason", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    stream.mockImplementation(() => {
      controller.abort(reason);
      return ends({ errorMessage: "aborted" });
    });
    await expect(runtime().callModel(call({ signal: controller.signal }))).rejects.toBe(reason);
  });
});
