/** `GET /passthrough/v1/usage`: a key's limits, its usage and what remains. */
import { RelayError } from "../errors.ts";
import { sendJson } from "../http/reply.ts";
import type { Endpoint } from "../http/route.ts";
import type { Caller } from "../access/caller.ts";
import { type Ledger, periodsOf } from "../quota/ledger.ts";
import type { Limiter, Quota } from "../quota/limiter.ts";

export interface KeyUsageParts {
  readonly limiter: Limiter;
  readonly ledger: Ledger;
}

export function createKeyUsage({ limiter, ledger }: KeyUsageParts): Endpoint<Caller> {
  return async ({ caller: { grant }, client }) => {
    if (grant === undefined) {
      throw new RelayError("not_found", "Only virtual keys have usage.");
    }
    const rows = ledger.rowsOf(grant.id);
    const nowMs = Date.now();
    sendJson(client, 200, {
      object: "usage",
      key: grant.name,
      limits: Object.fromEntries(
        limiter.quotas(grant).map((quota) => [memberName(quota), limitObject(quota, nowMs)]),
      ),
      ...periodsOf(rows),
      models: rows.map(({ keyId: _keyId, ...row }) => row),
    });
  };
}

/** `requests`, `tokens`, `concurrency`, `budgetDay`, `budgetMonth`. */
function memberName({ name }: Quota): string {
  return name.replace(/-(.)/, (_, letter: string) => letter.toUpperCase());
}

/** Rounded to a second, because `nowMs` and `resetMs` were read at slightly different times. */
function limitObject({ limit, remaining, resetMs }: Quota, nowMs: number) {
  const resetAtMs = Math.round((nowMs + resetMs) / 1000) * 1000;
  return { limit, remaining, resetAt: new Date(resetAtMs).toISOString() };
}
