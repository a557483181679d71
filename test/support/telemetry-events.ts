/** Events for tests of what listens to them. */
import { faultOf, type Outcome } from "../../src/errors.ts";
import type { AttemptRecord, RequestEnd } from "../../src/telemetry/events.ts";
import type { UpstreamGauges } from "../../src/telemetry/gauges.ts";
import type { Snapshot } from "../../src/telemetry/snapshot.ts";
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

/** Publishes a request as the relay does: its start, its attempts, its end. */
export function publish(snapshot: Snapshot, end: Parameters<typeof requestEnd>[0] = {}): void {
  const finished = requestEnd(end);
  const { requestId, endpoint, isStream, attempts, firstOutputMs } = finished;
  snapshot.subscriber({ kind: "request-start" });
  for (const attempt of attempts) {
    snapshot.subscriber({ kind: "attempt-end", requestId, endpoint, isStream, attempt });
  }
  if (firstOutputMs !== undefined) {
    snapshot.subscriber({ kind: "first-output", isStream });
  }
  snapshot.subscriber(finished);
}

/** Of a relay that does nothing. */
export const idleGauges: UpstreamGauges = {
  active: 0,
  queued: 0,
  providers: [],
  circuits: [],
  openCircuits: [],
  refusedCredentials: [],
};
