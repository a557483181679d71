/** Events for tests of what listens to them. */
import { faultOf, type Outcome } from "../../src/errors.ts";
import type { AttemptRecord, RequestEnd } from "../../src/telemetry/events.ts";
import { type KeptRequest, keptRequest, usedBy } from "../../src/telemetry/request-view.ts";

/** @param target `provider/model`. */
export function attemptRecord(
  target: string,
  outcome: Outcome = "ok",
  more: Partial<AttemptRecord> = {},
): AttemptRecord {
  const [provider = "", modelId = ""] = target.split("/");
  return {
    target,
    route: { provider, modelId },
    wire: "openai-completions",
    outcome,
    failedStatus: undefined,
    startedAtMs: 1000,
    durationMs: 3,
    firstOutputMs: outcome === "ok" ? 2 : undefined,
    isSkipped: false,
    ...more,
  };
}

/** A request without attempts that succeeded, unless told otherwise. */
export function requestEnd(more: Partial<RequestEnd> = {}): RequestEnd {
  return {
    kind: "request-end",
    requestId: "id-1",
    endpoint: "chat-completions",
    caller: "(operator)",
    agentId: "main",
    mode: "passthrough",
    askedModel: "openclaw",
    isStream: false,
    status: 200,
    outcome: "ok",
    fault: faultOf(more.outcome ?? "ok"),
    arrivedAtMs: 1_700_000_000_000,
    startedAtMs: 1000,
    durationMs: 12,
    firstOutputMs: undefined,
    overheadMs: 1,
    attempts: [],
    answeredBy: more.attempts?.at(-1),
    ...more,
  };
}

/** The same, as the ring of the last requests keeps it. */
export function keptRequestOf(more: Partial<RequestEnd> = {}): KeptRequest {
  const end = requestEnd(more);
  return keptRequest(end, usedBy(end.attempts));
}
