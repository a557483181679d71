import { expect, test, vi } from "vitest";
import type { RunStep } from "../../../src/agent/run.ts";
import { createModelCalls, registerModelCallHooks } from "../../../src/host/model-calls.ts";

// The host has no switch for this.
vi.mock("openclaw/plugin-sdk/diagnostic-runtime", async (original) => ({
  ...(await original<object>()),
  areDiagnosticsEnabledForProcess: () => false,
}));

test("without diagnostics, model calls are observed by hooks and their tokens estimated", async () => {
  const hooks = new Map<string, (event: object) => void>();
  const on = (name: string, handler: (event: object) => void) => void hooks.set(name, handler);
  registerModelCallHooks({ on: on as never }, () => ({}));
  const modelCalls = createModelCalls();
  const steps: RunStep[] = [];
  const { signal } = new AbortController();
  const run = modelCalls.watch({ runId: "run-1", signal, onStep: (step) => void steps.push(step) });
  const call = { runId: "run-1", callId: "run-1:model:1", provider: "local", model: "m1" };
  hooks.get("model_call_started")?.(call);
  hooks.get("model_call_ended")?.({
    ...call,
    outcome: "completed",
    requestPayloadBytes: 440,
    responseStreamBytes: 80,
  });
  hooks.get("model_call_started")?.({ ...call, runId: "another" });
  await run.settle();
  modelCalls.close();
  expect(steps).toEqual([
    { kind: "call-started", provider: "local", modelId: "m1" },
    {
      kind: "call-ended",
      provider: "local",
      modelId: "m1",
      took: { kind: "uncounted", sentBytes: 440, answerBytes: 80 },
    },
  ]);
});
