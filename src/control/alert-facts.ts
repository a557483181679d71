/** What alerts are judged by: the last five minutes, the guards, and the budgets of keys. */
import type { KeyDirectory } from "../access/key-directory.ts";
import type { AlertFacts } from "../alerts/conditions.ts";
import type { StoredKeys } from "../config/schema.ts";
import type { Limiter } from "../quota/limiter.ts";
import type { UpstreamGauges } from "../telemetry/gauges.ts";
import { recentRequests, type Snapshot } from "../telemetry/snapshot.ts";

export interface AlertFactsParts {
  readonly snapshot: Pick<Snapshot, "recent">;
  readonly gauges: () => Pick<UpstreamGauges, "openCircuits" | "refusedCredentials">;
  /** By name. */
  readonly keys: () => StoredKeys;
  readonly directory: () => Pick<KeyDirectory, "named">;
  readonly limiter: Pick<Limiter, "quotas">;
}

export function alertFacts(parts: AlertFactsParts): AlertFacts {
  const { requests, providerErrors, relayErrors, fellBack, firstOutput } = recentRequests(
    parts.snapshot,
  );
  const { openCircuits, refusedCredentials } = parts.gauges();
  return {
    recent: {
      requests,
      failures: providerErrors + relayErrors,
      fellBack,
      streams: firstOutput?.count ?? 0,
      firstTokenP99Ms: firstOutput?.quantileMs(0.99) ?? undefined,
    },
    openCircuits,
    refusedCredentials,
    budgets: budgetsOf(parts),
  };
}

function budgetsOf({ keys, directory, limiter }: AlertFactsParts): AlertFacts["budgets"] {
  return Object.keys(keys()).flatMap((key) => {
    const grant = directory().named(key);
    return grant?.hasBudget !== true
      ? []
      : limiter
          .quotas(grant)
          .filter(({ name }) => name.startsWith("budget-"))
          .map(({ name, limit, remaining }) => ({
            key,
            limit: name,
            usedShare: 1 - remaining / limit,
          }));
  });
}
