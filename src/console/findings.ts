/** What an operator should know first: problems of the configuration, and of providers, keys and the relay right now. Pure. */
import type { Problem } from "../control/problems.ts";
import type { KeyUseView, ProviderView } from "../telemetry/views.ts";
import type { GatewayStatus, RelayStatus } from "./ask.ts";
import { between, count, counted, instant, money, ms, name, share } from "./units.ts";

/** `path` names a setting, or what has the problem. */
export type Finding = Problem;

/** Errors first, and what happens now before what the configuration says. */
export function findingsOf(status: GatewayStatus): readonly Finding[] {
  const { relay, problems } = status;
  const findings = [
    ...(relay === undefined
      ? []
      : [
          ...relay.providers.flatMap((view) => ofProvider(view, relay)),
          ...relay.keys.flatMap(ofKey),
          ...ofRelay(relay),
        ]),
    ...problems,
  ];
  return [
    ...notServing(status),
    ...findings.filter(({ severity }) => severity === "error"),
    ...findings.filter(({ severity }) => severity !== "error"),
  ];
}

/** The problems usually say why, too. */
function notServing({ ok, problem, problems, dataPlane }: GatewayStatus): readonly Finding[] {
  return ok || problems.some(({ severity }) => severity === "error")
    ? []
    : [
        {
          severity: "error",
          path: "relay",
          message: problem ?? `It serves no requests: its thread is ${dataPlane.state}.`,
          fix: "The gateway's log says more.",
        },
      ];
}

function ofProvider(view: ProviderView, { upstream, at }: RelayStatus): readonly Finding[] {
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

function ofKey({ key, limits, refusals }: KeyUseView): readonly Finding[] {
  return limits
    .filter(
      (limit) => limit.remaining <= 0 && (isBudget(limit.name) || (refusals[limit.name] ?? 0) > 0),
    )
    .map((limit) => ({
      severity: "warning" as const,
      path: `key ${name(key)}`,
      message: `It has used its limit: ${name(limit.name)} ${isBudget(limit.name) ? money(limit.limit) : count(limit.limit)}, until ${instant(limit.resetAt)} UTC; ${counted(refusals[limit.name] ?? 0, "request")} refused.`,
      fix: `\`openclaw passthrough keys update ${name(key)} ${optionOf[limit.name] ?? "--help"}\` raises it.`,
    }));
}

export function isBudget(limit: string): boolean {
  return limit.startsWith("budget-");
}

function ofRelay({ recent }: RelayStatus): readonly Finding[] {
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
