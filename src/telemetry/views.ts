/**
 * What operators see: the one set of names and units that the command line, the page, the metrics and the log share. Plain
 * JSON. Counts begin at the data plane's start. Names that come from outside are printable and bounded.
 */
import type { Fault, Outcome } from "../errors.ts";

/** Milliseconds. Each is up to 6 % above the true value. */
export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

export type CircuitView = "closed" | "open" | "half-open";

export interface TokensAndCost {
  /** Whole prompts, including tokens read from and written to the provider's cache. As reported, or estimated. */
  readonly tokensIn: number;
  readonly tokensOut: number;
  /** The part of `tokensIn` that the provider read from its cache. */
  readonly tokensCached: number;
  /** The part of `tokensIn` that the provider wrote to its cache. */
  readonly tokensCacheWrite: number;
  /** The part of `tokensOut` that is reasoning, where the provider says so. */
  readonly tokensReasoning: number;
  /** US dollars, by the model costs in the host's config. */
  readonly costUsd: number;
}

/** Times of successful requests or attempts; null before the first. */
interface Times {
  /** Until the first output, of streams. */
  readonly firstOutputMs: Percentiles | null;
  /** Until the end. */
  readonly durationMs: Percentiles | null;
  /** Between two tokens of the answer, of streams. */
  readonly betweenTokensMs: Percentiles | null;
}

/** Whose fault a failed request was. Clients that disconnected are in none of them. */
interface Faults {
  readonly clientErrors: number;
  readonly providerErrors: number;
  readonly relayErrors: number;
}

/** Requests as their callers saw them. */
export interface RequestStats extends Faults, TokensAndCost, Times {
  /** Finished requests, successful or not. */
  readonly requests: number;
  /** Requests whose client disconnected before the end. */
  readonly disconnects: number;
  /** The relay's own time: without its attempts, the pauses between them, and the time to receive its body. */
  readonly overheadMs: Percentiles | null;
  /** Requests by outcome, such as `ok` and `upstream_failed`. */
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
}

/** Attempts at providers. Skipped targets are not attempts. */
export interface AttemptStats extends TokensAndCost, Times {
  readonly attempts: number;
  /** Attempts that failed because of the provider. */
  readonly failures: number;
  /** Attempts by outcome. */
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
  /** The last five minutes. */
  readonly recent: {
    readonly attempts: number;
    readonly failures: number;
    /** Failures per attempt, from 0 to 1; null without attempts. */
    readonly failureShare: number | null;
    readonly firstOutputMs: Percentiles | null;
  };
  /** The last failure; null before the first. */
  readonly lastFailure: {
    /** RFC 3339. */
    readonly at: string;
    readonly outcome: Outcome;
    /** The provider's HTTP status; null if it sent none. */
    readonly status: number | null;
  } | null;
}

/** `other` gathers what is beyond the 200 most used names. */
export interface TargetView extends AttemptStats {
  /** `chat` or `embeddings`. */
  readonly operation: string;
  readonly provider: string;
  /** The model's id, without the provider. */
  readonly model: string;
  /** The provider's protocol, such as `openai-completions`; `agent-run` for the model calls of agent runs. */
  readonly wire: string;
  readonly circuit: CircuitView;
}

export interface ProviderView extends AttemptStats {
  readonly provider: string;
  /** `down`: a circuit is open or a credential is refused. `failing`: a tenth or more failed in the last five minutes. */
  readonly state: "up" | "failing" | "down";
  /** The worst of its targets. */
  readonly circuit: CircuitView;
  /** `refused`: at least one credential is skipped because the provider refused it. */
  readonly credential: "ok" | "refused";
  /** Attempts under way. */
  readonly active: number;
  /** Attempts that wait for the provider's concurrency limit. */
  readonly queued: number;
}

export interface AgentView extends RequestStats {
  /** The agent's id; empty for requests that were refused before an agent was chosen. */
  readonly agent: string;
}

export interface ModeView extends RequestStats {
  /** `passthrough`, `light` or `agent`; empty for requests without a mode, such as lists of models. */
  readonly mode: string;
}

/** One limit of a key, with the names of `GET /passthrough/v1/usage`. */
export interface KeyLimitView {
  /** `requests`, `tokens`, `concurrency`, `budget-day` or `budget-month`. */
  readonly name: string;
  readonly limit: number;
  readonly remaining: number;
  /** RFC 3339: when the full limit is available again. */
  readonly resetAt: string;
}

/** Requests with the gateway's own token are counted under the key `(operator)`. */
export interface KeyUseView extends RequestStats {
  readonly key: string;
  /** Empty for operators, for deleted keys and for `other`. */
  readonly limits: readonly KeyLimitView[];
  /** Requests that a limit refused, by the limit's name. */
  readonly refusals: Readonly<Record<string, number>>;
}

export interface FallbackView {
  /** `provider/model`. */
  readonly from: string;
  readonly to: string;
  /** Why the first one was left: an outcome. */
  readonly reason: string;
  readonly count: number;
}

/** What full agent turns would have used in place of the passthrough and light requests. An estimate: averages of measured turns. */
export interface AgentTurnEstimate {
  readonly isEstimate: true;
  /** Full agent turns that the averages come from. */
  readonly samples: number;
  readonly averageTokensIn: number;
  readonly averageCostUsd: number;
  /** Passthrough and light requests that were answered. */
  readonly requests: number;
  /** Prompt tokens that these did not send, compared with as many agent turns. */
  readonly savedTokensIn: number;
  readonly savedCostUsd: number;
}

export interface TotalsView extends RequestStats {
  /** Requests under way. */
  readonly openRequests: number;
  /** Streams under way. */
  readonly openStreams: number;
  /** All attempts, and targets that were skipped. */
  readonly attempts: number;
  /** Attempts that repeated a failed one at the same target. */
  readonly retries: number;
  /** Times that a request went on to another target. */
  readonly fallbacks: number;
  /** Names that were counted as `other`. */
  readonly foldedNames: number;
}

/** The last five minutes, for alerts. */
export interface RecentView {
  readonly requests: number;
  readonly providerErrors: number;
  readonly relayErrors: number;
  /** Failures by providers and by the relay, per request; null without requests. */
  readonly failureShare: number | null;
  /** Requests that used another target than the first, per request; null without requests. */
  readonly fallbackShare: number | null;
  readonly firstOutputMs: Percentiles | null;
}

/** One attempt, or one target that was skipped. */
export interface AttemptView {
  /** `provider/model`; `openclaw/<agent>` for an agent run. */
  readonly target: string;
  readonly outcome: Outcome;
  readonly durationMs: number;
  /** Milliseconds from the request's start. */
  readonly startMs: number;
  /** Whether the target was skipped without an attempt. */
  readonly skipped: boolean;
  /** The provider's protocol; null if it was not reached. */
  readonly wire: string | null;
  /** The status of a provider's answer that was not a 2xx; null else. */
  readonly status: number | null;
  /** Milliseconds from the attempt's start to its first output; null if there was none. */
  readonly firstOutputMs: number | null;
}

/** One finished request. Never content. */
export interface RequestView {
  /** `x-openclaw-request-id`. */
  readonly id: string;
  /** RFC 3339: when it arrived. */
  readonly at: string;
  /** Such as `chat-completions`. */
  readonly endpoint: string;
  /** The name of the virtual key; null for an operator and for a caller without a valid key. */
  readonly key: string | null;
  readonly agent: string | null;
  readonly mode: string | null;
  /** What the client asked for, printable; null if it was not read. */
  readonly askedModel: string | null;
  /** `provider/model` that answered; null if none was reached. */
  readonly model: string | null;
  readonly attempts: readonly AttemptView[];
  readonly status: number;
  readonly outcome: Outcome;
  /** Null if the request succeeded or its client disconnected. */
  readonly fault: Fault | null;
  readonly stream: boolean;
  readonly tokensIn: number;
  readonly tokensOut: number;
  readonly tokensCached: number;
  readonly tokensReasoning: number;
  readonly costUsd: number;
  /** Milliseconds until the first output; null if there was none. */
  readonly firstOutputMs: number | null;
  readonly durationMs: number;
  readonly overheadMs: number;
}

/** Which requests to list. All conditions must hold. */
export interface RequestQuery {
  readonly key?: string;
  /** Part of the asked or the served model's name. */
  readonly model?: string;
  /** An HTTP status, such as `502`, a class, such as `5xx`, or an outcome, such as `upstream_failed`. */
  readonly status?: string;
  /** Only requests that took at least this long. */
  readonly slowMs?: number;
  /** Only requests after this position, for following. */
  readonly after?: number;
  /** At most this many, the newest. */
  readonly limit?: number;
}

export interface RequestList {
  /** Oldest first. */
  readonly requests: readonly RequestView[];
  /** Pass it as `after` to get what came later. */
  readonly position: number;
}

/** Points of the last hour every 5 s and of the last day every minute, as columns: oldest first, null where unknown. */
export interface SeriesView {
  readonly stepMs: number;
  /** Seconds since the epoch: the end of each point. */
  readonly at: readonly number[];
  readonly requests: readonly number[];
  readonly clientErrors: readonly number[];
  readonly providerErrors: readonly number[];
  readonly relayErrors: readonly number[];
  readonly fallbacks: readonly number[];
  readonly retries: readonly number[];
  readonly tokensIn: readonly number[];
  readonly tokensOut: readonly number[];
  readonly costUsd: readonly number[];
  readonly firstOutputP50Ms: readonly (number | null)[];
  readonly firstOutputP99Ms: readonly (number | null)[];
}

/** `hour`: every 5 s. `day`: every minute. */
export type SeriesRange = "hour" | "day";
