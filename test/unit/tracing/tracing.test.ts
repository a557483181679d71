import { expect, test, vi } from "vitest";
import type { OtlpSettings } from "../../../src/config/schema.ts";
import {
  createTracing,
  type LoadSpanExport,
  type SpanExport,
} from "../../../src/tracing/tracing.ts";
import { requestEnd } from "../../support/telemetry-events.ts";

const requestId = "5f0c1c1e-9a0f-4f4e-8a56-2f8b0f7a9c11";
const otlp: OtlpSettings = { endpoint: "http://127.0.0.1:4318", headers: {}, sampleRatio: 1 };

/** Tracing whose SDK is loaded when the test says so. */
function startTracing(first: OtlpSettings | undefined) {
  const loading = Promise.withResolvers<void>();
  const exports: SpanExport[] = [];
  const load = vi.fn<LoadSpanExport>(async () => {
    await loading.promise;
    return {
      createSpanExport() {
        const made = {
          add: vi.fn<SpanExport["add"]>(),
          stop: vi.fn<SpanExport["stop"]>(async () => undefined),
        };
        exports.push(made);
        return made;
      },
    };
  });
  const state = { settings: first };
  const log: string[] = [];
  const tracing = createTracing({
    settings: () => state.settings,
    load,
    logger: { warn: (line) => log.push(line) },
  });
  return { tracing, load, loading, exports, state, log };
}

test("off, it loads nothing and gives requests no place in a trace", () => {
  const { tracing, load } = startTracing(undefined);
  expect(tracing.begin("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", requestId)).toBe(
    undefined,
  );
  tracing.subscriber(requestEnd());
  tracing.look();
  expect(load).not.toHaveBeenCalled();
  expect(tracing.status()).toBeNull();
});

test("requests that end before the SDK is loaded are kept, up to a bound", async () => {
  const { tracing, loading, exports } = startTracing(otlp);
  const context = tracing.begin(undefined, requestId);
  for (let at = 0; at < 1100; at += 1) {
    tracing.subscriber(requestEnd({ context }));
  }
  loading.resolve();
  await vi.waitFor(() => expect(exports[0]?.add).toHaveBeenCalledTimes(1000));
  expect(tracing.status()).toEqual({ sentSpans: 0, droppedSpans: 100 });
});

test("an unsampled request is not exported", async () => {
  const { tracing, loading, exports } = startTracing({ ...otlp, sampleRatio: 0 });
  loading.resolve();
  await vi.waitFor(() => expect(exports).toHaveLength(1));
  const context = tracing.begin(undefined, requestId);
  expect(context?.isSampled).toBe(false);
  tracing.subscriber(requestEnd({ context }));
  expect(exports[0]?.add).not.toHaveBeenCalled();
});

test("only a change of its own settings makes a new exporter, and the last one is stopped", async () => {
  const { tracing, load, loading, exports, state } = startTracing(otlp);
  loading.resolve();
  state.settings = { ...otlp };
  tracing.look();
  expect(load).toHaveBeenCalledTimes(1);
  state.settings = { ...otlp, sampleRatio: 0.5 };
  tracing.look();
  await vi.waitFor(() => expect(exports).toHaveLength(2));
  expect(exports[0]?.stop).toHaveBeenCalled();
  state.settings = undefined;
  tracing.look();
  await vi.waitFor(() => expect(exports[1]?.stop).toHaveBeenCalled());
  expect(tracing.begin(undefined, requestId)).toBe(undefined);
});

test("an SDK that cannot be loaded costs the spans only", async () => {
  const { tracing, loading, log } = startTracing(otlp);
  tracing.subscriber(requestEnd({ context: tracing.begin(undefined, requestId) }));
  loading.reject(new Error("canary"));
  await vi.waitFor(() => expect(tracing.status()?.droppedSpans).toBe(1));
  expect(log).toEqual([
    "passthrough: spans for http://127.0.0.1:4318 were dropped (the exporter could not be loaded)",
  ]);
  await tracing.stop();
});

test("a secret that the gateway could not resolve is told, and nothing is sent", () => {
  const { load, log, tracing } = startTracing({
    ...otlp,
    headers: { authorization: { source: "env", provider: "default", id: "NOT_THERE" } },
  });
  expect(load).not.toHaveBeenCalled();
  expect(tracing.status()).toBeNull();
  expect(log).toEqual([expect.stringContaining("could not resolve a secret of otlp.headers")]);
});
