/** A request's attempts on one scale of time. Pure. */
import type { AttemptView, RequestView } from "../telemetry/views.ts";

export interface WaterfallBar {
  readonly attempt: AttemptView;
  /** From 0 to 1, of the request's time. */
  readonly start: number;
  readonly length: number;
  /** Where the first output was; null if there was none. */
  readonly firstOutput: number | null;
}

/** Bars in the order of the attempts, all within the scale, whatever the times say. */
export function waterfall({
  attempts,
  durationMs,
}: Pick<RequestView, "attempts" | "durationMs">): readonly WaterfallBar[] {
  const ends = attempts.map(({ startMs, ...attempt }) => startMs + attempt.durationMs);
  const wholeMs = Math.max(durationMs, ...ends, 0.1);
  return attempts.map((attempt) => {
    const start = share(attempt.startMs, wholeMs);
    return {
      attempt,
      start,
      length: Math.min(1 - start, share(attempt.durationMs, wholeMs)),
      firstOutput:
        attempt.firstOutputMs === null
          ? null
          : share(attempt.startMs + attempt.firstOutputMs, wholeMs),
    };
  });
}

function share(ms: number, wholeMs: number): number {
  return Math.min(1, Math.max(0, ms / wholeMs));
}
