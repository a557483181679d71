import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createTraceContext,
  readTraceparent,
  traceHeadersOf,
} from "../../../src/telemetry/trace-context.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const parentId = "b7ad6b7169203331";
const valid = `00-${traceId}-${parentId}-01`;

describe("a traceparent", () => {
  test("names the trace, the caller's span, and whether it is sampled", () => {
    expect(readTraceparent(valid)).toEqual({ traceId, spanId: parentId, isSampled: true });
    expect(readTraceparent(`00-${traceId}-${parentId}-02`)?.isSampled).toBe(false);
    expect(readTraceparent(`00-${traceId}-${parentId}-ff`)?.isSampled).toBe(true);
  });

  test("of a later version may have more members", () => {
    expect(readTraceparent(`cc-${traceId}-${parentId}-01-what-the-future-holds`)).toEqual({
      traceId,
      spanId: parentId,
      isSampled: true,
    });
  });

  test.each([
    undefined,
    "",
    `${valid}-more`,
    `${valid} `,
    `ff-${traceId}-${parentId}-01`,
    `00-${traceId.toUpperCase()}-${parentId}-01`,
    `00-${"0".repeat(32)}-${parentId}-01`,
    `00-${traceId}-${"0".repeat(16)}-01`,
    `00-${traceId}-${parentId}`,
    `cc-${traceId}-${parentId}-01.more`,
    `cc-${traceId}-${parentId}-01-${"a".repeat(1000)}`,
    `${valid}, ${valid}`,
  ])("%s is invalid", (value) => {
    expect(readTraceparent(value)).toBeUndefined();
  });

  test("can be anything", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        expect(readTraceparent(value)).toBeUndefined();
      }),
    );
  });
});

describe("a request's place in its trace", () => {
  const requestId = "5f0c1c1e-9a0f-4f4e-8a56-2f8b0f7a9c11";

  test("is below its caller's span, and the caller decides whether it is sampled", () => {
    const options = { requestId, sampleRatio: 0 };
    expect(createTraceContext(valid, options)).toMatchObject({
      traceId,
      parentId,
      isSampled: true,
    });
    const unsampled = createTraceContext(valid.replace(/01$/, "00"), {
      requestId,
      sampleRatio: 1,
    });
    expect(unsampled).toMatchObject({ traceId, parentId, isSampled: false });
  });

  test("begins a trace without a caller's span; its id is the request's", () => {
    expect(createTraceContext("nonsense", { requestId, sampleRatio: 1 })).toEqual({
      traceId: "5f0c1c1e9a0f4f4e8a562f8b0f7a9c11",
      spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
      parentId: undefined,
      isSampled: true,
    });
  });

  test.each([0, 0.25, 1])("samples the share %d of the traces", (sampleRatio) => {
    const contexts = Array.from({ length: 2000 }, () =>
      createTraceContext(undefined, { requestId: randomUUID(), sampleRatio }),
    );
    const share = contexts.filter(({ isSampled }) => isSampled).length / contexts.length;
    expect(Math.abs(share - sampleRatio)).toBeLessThan(0.06);
  });

  test("goes to the provider with the attempt's span, and the caller's tracestate", () => {
    const context = createTraceContext(valid, { requestId, sampleRatio: 1 });
    expect(traceHeadersOf(context, "00f067aa0ba902b7", "vendor=1")).toEqual({
      traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
      tracestate: "vendor=1",
    });
    const fresh = createTraceContext("nonsense", { requestId, sampleRatio: 0 });
    expect(traceHeadersOf(fresh, "00f067aa0ba902b7", "vendor=1")).toEqual({
      traceparent: `00-${fresh.traceId}-00f067aa0ba902b7-00`,
      tracestate: undefined,
    });
  });
});
