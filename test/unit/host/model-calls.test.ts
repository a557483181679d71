import { emitTrustedDiagnosticEvent } from "openclaw/plugin-sdk/diagnostic-runtime";
import { afterAll, expect, test } from "vitest";
import type { RunStep } from "../../../src/agent/run.ts";
import { createModelCalls } from "../../../src/host/model-calls.ts";

const modelCalls = createModelCalls();
afterAll(() => modelCalls.close());
const call = { runId: "run-1", callId: "run-1:model:1", provider: "local", model: "m1" };
const begin = (more: object = {}) =>
  emitTrustedDiagnosticEvent({
    type: "model.call.started",
    ...call,
    promptStats: { totalChars: 400 },
    ...more,
  } as never);
const end = (more: object = {}) =>
  emitTrustedDiagnosticEvent({
    type: "model.call.completed",
    ...call,
    durationMs: 1,
    requestPayloadBytes: 440,
    responseStreamBytes: 80,
    ...more,
  } as never);
const watch = (signal = new AbortController().signal) => {
  const steps: RunStep[] = [];
  const watched = modelCalls.watch({
    runId: "run-1",
    signal,
    onStep: (step) => void steps.push(step),
  });
  return { ...watched, steps };
};
const started = { kind: "call-started", provider: "local", modelId: "m1" };
const ended = (took: object) => ({ kind: "call-ended", provider: "local", modelId: "m1", took });
const usage = { input: 90, output: 5, cacheRead: 10, cacheWrite: 0 };
const counted = ended({
  kind: "counted",
  usage: { tokensIn: 100, tokensOut: 5, tokensCached: 10, tokensCacheWrite: 0 },
});

test("reports a call once with its tokens, even before the host delivers its event", async () => {
  const run = watch();
  begin();
  end({ usage });
  begin({ runId: "another" });
  run.catchUp();
  expect(run.steps).toEqual([started, counted]);
  await run.settle();
  expect(run.steps).toHaveLength(2);
});

test("distinguishes calls when the host reuses a call id", async () => {
  const run = watch();
  begin();
  end({ type: "model.call.error", failureKind: "connection_reset" });
  begin();
  end({ usage });
  await run.settle();
  const cut = ended({ kind: "uncounted", sentBytes: 440, answerBytes: 80 });
  expect(run.steps).toEqual([started, cut, started, counted]);
});

test("a refused call uses no tokens; a call without reported usage is estimated", async () => {
  const run = watch();
  begin();
  end({ type: "model.call.error", responseStreamBytes: 403 });
  begin();
  end({ usage: { input: 0, output: 0 } });
  await run.settle();
  expect(run.steps.filter(({ kind }) => kind === "call-ended")).toEqual([
    ended({ kind: "nothing" }),
    ended({ kind: "uncounted", sentBytes: 440, answerBytes: 80 }),
  ]);
});

test("an aborted call is counted, whether or not the host reports its end", async () => {
  const aborted = AbortSignal.abort();
  const told = watch(aborted);
  begin();
  end({ type: "model.call.error", requestPayloadBytes: undefined, responseStreamBytes: undefined });
  await told.settle();
  const untold = watch(aborted);
  begin();
  await untold.settle();
  const cut = ended({ kind: "uncounted", sentBytes: 400, answerBytes: 0 });
  expect([told.steps, untold.steps]).toEqual([
    [started, cut],
    [started, cut],
  ]);
});
