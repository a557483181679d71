/** Problems of providers, keys and the relay right now. Pure. */
import { standardThresholds } from "../alerts/conditions.ts";
import type { Problem } from "./problems.ts";
import type { Status } from "./status.ts";
import type { KeyLimitView, KeyUseView, ProviderView } from "../telemetry/views.ts";
import { between, count, counted, instant, money, ms, name, share } from "./units.ts";

/** The part of the status that they are found in. */
export type LiveStatus = Pick<Status, "at" | "providers" | "keys" | "recent"> & {
  readonly upstream: {
    readonly refusedCredentials: readonly {
      readonly provider: string;
      readonly source: string;
      readonly status: number;
      readonly leftMs: number;
    }[];
  };
};

/** What is wrong right now. `path` names what has the problem. */
export function liveProblems(status: LiveStatus): readonly Problem[] {
  return [
    ...status.providers.flatMap((view) => ofProvider(view, status)),
    ...status.keys.flatMap(ofKey),
    ...ofRelay(status),
  ];
}

function ofProvider(view: ProviderView, { upstream, at }: LiveStatus): readonly Problem[] {
  const { provider, state, circuit, credential, recent, lastFailure, queued } = view;
  const path = `provider ${name(provider)}`;
  const last =
    lastFailure === null
      ? ""
      : `, the last one ${between(lastFailure.at, at)} ago: ${describeFailure(lastFailure)}`;
  const failed = `${count(recent.failures)} of ${counted(recent.attempts, "attempt")} failed in the last five minutes${last}.`;
  const refused = upstream.refusedCredentials.filter((known) => known.provider === provider);
  return [
    ...(circuit === "open"
      ? [
          {
            severity: "error" as const,
            path,
            message: `It is skipped, because its circuit is open. ${failed}`,
            fix: "Requests use their fallbacks meanwhile. `openclaw passthrough targets` shows the models.",
          },
        ]
      : []),
    ...(credential === "refused"
      ? [
          {
            severity: "error" as const,
            path,
            message: `It refused a credential: ${refused
              .map(
                ({ source, status, leftMs }) =>
                  `${name(source)} (${status}, used again in ${ms(leftMs)})`,
              )
              .join(", ")}.`,
            fix: "`openclaw models status` shows where the provider's credentials come from.",
          },
        ]
      : []),
    ...(state === "failing"
      ? [
          {
            severity: "warning" as const,
            path,
            message: failed,
            fix: fixOfFailure(provider, lastFailure?.outcome),
          },
        ]
      : []),
    ...(queued === 0
      ? []
      : [
          {
            severity: "warning" as const,
            path,
            message: `${counted(queued, "attempt")} now in the queue for its limit on concurrent requests.`,
            fix: `Raise upstream.providers.${name(provider)}.maxConcurrent.`,
          },
        ]),
  ];
}

/** Such as `upstream_failed 503`. */
export function describeFailure(failure: {
  readonly outcome: string;
  readonly status: number | null;
}): string {
  return `${name(failure.outcome)}${failure.status === null ? "" : ` ${failure.status}`}`;
}

function fixOfFailure(provider: string, outcome: string | undefined): string {
  return outcome === "upstream_rate_limited"
    ? `Lower upstream.providers.${name(provider)}.maxConcurrent, add a credential, or prefer another model.`
    : outcome === "upstream_silent"
      ? `Prefer another model, or raise upstream.providers.${name(provider)}.firstTokenTimeoutMs.`
      : `\`openclaw passthrough requests --model ${name(provider)}/\` shows which requests.`;
}

const optionOf: Readonly<Record<string, string>> = {
  requests: "--rpm",
  tokens: "--tpm",
  concurrency: "--concurrency",
  "budget-day": "--budget",
  "budget-month": "--budget",
};

function ofKey({ key, limits, refusals }: KeyUseView): readonly Problem[] {
  return limits.flatMap((limit) =>
    limit.remaining <= 0
      ? isBudget(limit.name) || (refusals[limit.name] ?? 0) > 0
        ? [usedLimit(key, limit, refusals[limit.name] ?? 0)]
        : []
      : isBudget(limit.name) && 1 - limit.remaining / limit.limit >= standardThresholds.budgetShare
        ? [nearlyUsedBudget(key, limit)]
        : [],
  );
}

function usedLimit(key: string, limit: KeyLimitView, refused: number): Problem {
  const what = `${name(limit.name)} ${isBudget(limit.name) ? money(limit.limit) : count(limit.limit)}`;
  return {
    severity: "warning",
    path: `key ${name(key)}`,
    message: `It has used its limit: ${what}, until ${instant(limit.resetAt)} UTC; ${counted(refused, "request")} refused.`,
    fix: raise(key, limit),
  };
}

function nearlyUsedBudget(key: string, limit: KeyLimitView): Problem {
  return {
    severity: "warning",
    path: `key ${name(key)}`,
    message: `It has used ${share(1 - limit.remaining / limit.limit)} of its budget: ${money(limit.remaining)} of ${money(limit.limit)} left until ${instant(limit.resetAt)} UTC.`,
    fix: raise(key, limit),
  };
}

function raise(key: string, limit: KeyLimitView): string {
  return `\`openclaw passthrough keys update ${name(key)} ${optionOf[limit.name] ?? "--help"}\` raises it.`;
}

export function isBudget(limit: string): boolean {
  return limit.startsWith("budget-");
}

function ofRelay({ recent }: LiveStatus): readonly Problem[] {
  return recent.relayErrors === 0
    ? []
    : [
        {
          severity: "warning",
          path: "relay",
          message: `${count(recent.relayErrors)} of ${counted(recent.requests, "request")} (${share(recent.relayErrors / recent.requests)}) failed in the last five minutes because of the relay, the gateway or their config.`,
          fix: "`openclaw passthrough requests --status 5xx` shows which, and the gateway's log why.",
        },
      ];
}
