/** The log line of one request, as JSON or as `key=value` pairs. Names and numbers only, never content. */
import type { RequestEnd } from "./events.ts";
import { keptRequest, requestView, usedBy } from "./request-view.ts";

export type LineFormat = "text" | "json";

type Fields = Readonly<Record<string, string | number | boolean | null>>;

/** @param leftOut lines before this one that were left out. */
export function requestFields(end: RequestEnd, leftOut: number): Fields {
  const view = requestView(keptRequest(end, usedBy(end.attempts)));
  return {
    request: view.id,
    endpoint: view.endpoint,
    key: view.key,
    agent: view.agent,
    mode: view.mode,
    asked: view.askedModel,
    served: view.model,
    stream: view.stream,
    status: view.status,
    outcome: view.outcome,
    attempts: view.attempts.length,
    ms: view.durationMs,
    firstMs: view.firstOutputMs,
    overheadMs: view.overheadMs,
    tokensIn: view.tokensIn,
    tokensOut: view.tokensOut,
    costUsd: view.costUsd,
    trace: end.context?.isSampled === true ? end.context.traceId : null,
    leftOut,
  };
}

/** Members that are null, and a `leftOut` of 0, are not written. */
export function writeLine(fields: Fields, format: LineFormat): string {
  const known = Object.entries(fields).filter(
    ([name, value]) => value !== null && (name !== "leftOut" || value !== 0),
  );
  return format === "json"
    ? JSON.stringify(Object.fromEntries(known))
    : known.map(([name, value]) => `${name}=${plain(value)}`).join(" ");
}

/** A value with a space, a quote or `=` in it is quoted as in JSON. */
function plain(value: string | number | boolean | null): string {
  const text = String(value);
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}
