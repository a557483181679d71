/** When the relay needs a person: the conditions and their thresholds. Pure. The rules for Prometheus use the same numbers. */

/** From which values on an alert fires. */
export const standardThresholds = {
  /** Share of failed requests, by the provider's or the relay's fault. More than this fires. */
  failureShare: 0.05,
  /** Share of requests that fell back. More than this fires. */
  fallbackShare: 0.2,
  /** Milliseconds to the first output of streams, 99th percentile. More than this fires. */
  firstTokenP99Ms: 10_000,
  /** Used share of a key's budget. As much as this fires. */
  budgetShare: 0.8,
  /** Fewer requests in five minutes (src/telemetry/recent.ts) tell nothing about shares and times. */
  minRequests: 20,
} as const;

export type Thresholds = Readonly<Record<keyof typeof standardThresholds, number>>;

export type AlertName =
  | "failure_share"
  | "first_token_p99"
  | "fallback_share"
  | "budget"
  | "circuit_open"
  | "credential_refused";

/** What an alert is about; empty for all of the relay's traffic. */
export type AlertSubject = Readonly<
  Partial<Record<"target" | "provider" | "credential" | "key" | "limit", string>>
>;

/** A condition that holds. */
export interface Finding {
  readonly alert: AlertName;
  readonly subject: AlertSubject;
  /** A share, milliseconds, or 1 for a condition that only holds or does not. */
  readonly value: number;
  readonly threshold: number;
}

export interface AlertFacts {
  /** The last five minutes. */
  readonly recent: {
    readonly requests: number;
    /** By the provider's or the relay's fault. */
    readonly failures: number;
    readonly fellBack: number;
    /** Streams with an output, and their 99th percentile. */
    readonly streams: number;
    readonly firstTokenP99Ms: number | undefined;
  };
  /** `provider/model` of each circuit that is not closed. */
  readonly openCircuits: readonly string[];
  readonly refusedCredentials: readonly { readonly provider: string; readonly source: string }[];
  readonly budgets: readonly {
    /** The key's name. */
    readonly key: string;
    /** `budget-day` or `budget-month`. */
    readonly limit: string;
    readonly usedShare: number;
  }[];
}

export function findingsOf(facts: AlertFacts, thresholds: Thresholds): readonly Finding[] {
  const { recent, openCircuits, refusedCredentials, budgets } = facts;
  const hasTraffic = recent.requests >= thresholds.minRequests;
  const hasStreams = recent.streams >= thresholds.minRequests;
  return [
    ...(hasTraffic
      ? [
          ...above("failure_share", recent.failures / recent.requests, thresholds.failureShare),
          ...above("fallback_share", recent.fellBack / recent.requests, thresholds.fallbackShare),
        ]
      : []),
    ...(hasStreams
      ? above("first_token_p99", recent.firstTokenP99Ms ?? 0, thresholds.firstTokenP99Ms)
      : []),
    ...budgets
      .filter(({ usedShare }) => usedShare >= thresholds.budgetShare)
      .map(({ key, limit, usedShare }) => ({
        alert: "budget" as const,
        subject: { key, limit },
        value: rounded(usedShare),
        threshold: thresholds.budgetShare,
      })),
    ...openCircuits.map((target) => holds("circuit_open", { target })),
    ...refusedCredentials.map(({ provider, source }) =>
      holds("credential_refused", { provider, credential: source }),
    ),
  ];
}

/** A condition about all of the relay's traffic. */
function above(alert: AlertName, value: number, threshold: number): Finding[] {
  return value > threshold ? [{ alert, subject: {}, value: rounded(value), threshold }] : [];
}

function holds(alert: AlertName, subject: AlertSubject): Finding {
  return { alert, subject, value: 1, threshold: 1 };
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
