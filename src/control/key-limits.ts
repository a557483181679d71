/** The limits of a virtual key and what is left of them, for views. */
import type { Grant } from "../access/grant.ts";
import type { Limiter } from "../quota/limiter.ts";
import type { KeyLimitView } from "../telemetry/views.ts";

/** @param grant undefined if there is no such key. */
export function keyLimits(limiter: Limiter, grant: Grant | undefined): readonly KeyLimitView[] {
  const nowMs = Date.now();
  return grant === undefined
    ? []
    : limiter.quotas(grant).map(({ name, limit, remaining, resetMs }) => ({
        name,
        limit,
        remaining,
        resetAt: new Date(nowMs + resetMs).toISOString(),
      }));
}
