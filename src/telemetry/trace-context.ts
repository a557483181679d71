/** W3C Trace Context (https://www.w3.org/TR/trace-context/): a request's place in a distributed trace. */
import { randomBytes } from "node:crypto";

/** A request's place in its trace. Requests have one only while spans are exported. */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string;
  /** The request's own span: 16 lower-case hexadecimal digits. */
  readonly spanId: string;
  /** The caller's span; undefined if the caller sent none. */
  readonly parentId: string | undefined;
  /** Whether the spans are exported. */
  readonly isSampled: boolean;
}

/** `traceparent` and `tracestate` of a request to a provider. */
export type TraceHeaders = Readonly<Record<"traceparent" | "tracestate", HeaderValue>>;

type HeaderValue = string | string[] | undefined;

/** What a `traceparent` says. */
interface Parent {
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;
}

/** A later version may append members (section 3.2.4); this bounds them. */
const maxTraceparentLength = 128;
const sampledFlag = 1;

/** @returns undefined for anything that is not a valid `traceparent`. */
export function readTraceparent(value: HeaderValue): Parent | undefined {
  if (typeof value !== "string" || value.length > maxTraceparentLength) {
    return undefined;
  }
  const [, version, traceId = "", spanId = "", flags = "", more] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(value) ?? [];
  const isKnown = version !== undefined && version !== "ff" && (version !== "00" || !more);
  return isKnown && !isZero(traceId) && !isZero(spanId)
    ? { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & sampledFlag) === sampledFlag }
    : undefined;
}

function isZero(id: string): boolean {
  return /^0+$/.test(id);
}

/**
 * A caller that sends a `traceparent` decides whether its request is sampled. Without one, the trace's id is the request's
 * without its dashes, so that an operator finds the trace of a request, and `sampleRatio` of the traces are sampled.
 */
export function createTraceContext(
  traceparent: HeaderValue,
  { requestId, sampleRatio }: { readonly requestId: string; readonly sampleRatio: number },
): TraceContext {
  const spanId = newSpanId();
  const parent = readTraceparent(traceparent);
  if (parent !== undefined) {
    const { traceId, spanId: parentId, isSampled } = parent;
    return { traceId, spanId, parentId, isSampled };
  }
  const traceId = requestId.replaceAll("-", "");
  return { traceId, spanId, parentId: undefined, isSampled: randomOf(traceId) < sampleRatio };
}

/** The last 56 bits of a trace's id are random (level 2, section 3.2.2.3). @returns 52 of them as a number in [0, 1). */
function randomOf(traceId: string): number {
  return Number.parseInt(traceId.slice(-13), 16) / 2 ** 52;
}

export function newSpanId(): string {
  return randomBytes(8).toString("hex");
}

/**
 * The headers of one attempt. `tracestate` belongs to the caller's `traceparent`, so that it is dropped with an invalid one
 * (section 4.3).
 */
export function traceHeadersOf(
  { traceId, isSampled, parentId }: TraceContext,
  spanId: string,
  tracestate: HeaderValue,
): TraceHeaders {
  return {
    traceparent: `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`,
    tracestate: parentId === undefined ? undefined : tracestate,
  };
}
