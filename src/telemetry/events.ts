/** The events that the relay publishes. They contain no prompts, answers or keys. */
import type { TokenUsage } from "../answer/token-usage.ts";
import type { Fault, Outcome } from "../errors.ts";
import type { TraceContext } from "./trace-context.ts";

/** A model by its provider's name and its own. */
export interface ModelRoute {
  readonly provider: string;
  readonly modelId: string;
}

/** One attempt at one target. */
export interface AttemptRecord {
  /** `provider/model`, or the reference that could not be resolved; printable ASCII. */
  readonly target: string;
  /** What the target was resolved to; undefined if it could not be. */
  route: ModelRoute | undefined;
  /** The provider's protocol, such as `openai-completions`; undefined until it is known. */
  wire: string | undefined;
  /** `ok` until it fails. */
  outcome: Outcome;
  /** The status of a provider's answer that was not a 2xx. */
  failedStatus: number | undefined;
  /** What it used, by the provider's count or as an estimate; undefined before its end, and for one that used nothing. */
  usage?: TokenUsage | undefined;
  /** US dollars for `usage`, by the host's prices. */
  costUsd?: number | undefined;
  /** The names of the request's members that the provider's protocol could not say. */
  dropped?: readonly string[] | undefined;
  /** Its span; undefined while no spans are exported. */
  readonly spanId?: string | undefined;
  /** Milliseconds from any origin, the same for the whole request. */
  readonly startedAtMs: number;
  /** So far, while the attempt is under way; then in total. */
  readonly durationMs: number;
  /** From the attempt's start to its commit point; undefined if it did not come that far. */
  firstOutputMs: number | undefined;
  /** Whether the provider was never called: an open circuit, a full queue, a refused credential. */
  isSkipped: boolean;
  /** For an attempt that was skipped because of a refused credential: the rest of the cooldown. */
  readonly leftMs?: number;
}

/** A request has arrived. */
interface RequestStart {
  readonly kind: "request-start";
}

/** The first output of a request goes to its client. */
interface FirstOutput {
  readonly kind: "first-output";
  readonly isStream: boolean;
}

/** An attempt has ended, or a target was skipped. */
export interface AttemptEnd {
  readonly kind: "attempt-end";
  readonly requestId: string;
  /** Such as `chat-completions`. */
  readonly endpoint: string;
  readonly isStream: boolean;
  readonly attempt: AttemptRecord;
}

/** The end of a request, successful or not. */
export interface RequestEnd {
  readonly kind: "request-end";
  readonly requestId: string;
  /** The route, such as `chat-completions`. */
  readonly endpoint: string;
  /** The name of the caller's virtual key, `(operator)`, or undefined for a caller that was not recognized. */
  readonly caller: string | undefined;
  readonly agentId: string | undefined;
  readonly mode: string | undefined;
  /** What the client asked for; printable, at most 200 characters. */
  readonly askedModel: string | undefined;
  /** Whether the client asked for a stream. */
  readonly isStream: boolean;
  /** The HTTP status that the client got, or would have got if it had not disconnected. */
  readonly status: number;
  readonly outcome: Outcome;
  /** Undefined if the request succeeded or its client disconnected. */
  readonly fault: Fault | undefined;
  /** Milliseconds since the epoch. */
  readonly arrivedAtMs: number;
  /** Milliseconds from the origin of the attempts' `startedAtMs`. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  /** From the start to the first output; undefined if there was none. */
  readonly firstOutputMs: number | undefined;
  /** The relay's own time: without the attempts, the pauses between them, and the time to receive the body. */
  readonly overheadMs: number;
  readonly attempts: readonly AttemptRecord[];
  /** The attempt that the client's answer comes from; undefined if there was none. */
  readonly answeredBy: AttemptRecord | undefined;
  /** Undefined while no spans are exported. */
  readonly context?: TraceContext | undefined;
  /** For an unexpected error: its name and stack, without its message. */
  readonly trace?: string;
}

/** A model call of an agent run has ended. */
export interface RunCallEnd {
  readonly kind: "run-call-end";
  readonly agentId: string;
  readonly route: ModelRoute;
  readonly usage: TokenUsage;
  readonly costUsd: number;
}

/** A limit of a virtual key has refused a request. */
export interface LimitRefusal {
  readonly kind: "limit-refusal";
  /** The key's name. */
  readonly caller: string;
  /** `requests`, `tokens`, `concurrency`, `budget-day` or `budget-month`. */
  readonly limit: string;
}

/** A circuit breaker has opened or closed. */
interface CircuitChange {
  readonly kind: "circuit-change";
  /** `provider/model`. */
  readonly target: string;
  readonly state: "open" | "closed";
}

/** A provider has refused a credential. Published at most once a minute for each credential and status. */
export interface CredentialRefused {
  readonly kind: "credential-refused";
  readonly provider: string;
  /** The auth profile's id, or `config`. */
  readonly source: string;
  readonly status: 401 | 403;
}

/** The host failed to delete a session in memory. */
interface SessionKept {
  readonly kind: "session-kept";
  readonly agentId: string;
}

/** A problem of the configuration that was not there at the last look. */
interface ProblemFound {
  readonly kind: "problem-found";
  /** The full path in the gateway's config, and what is wrong there. */
  readonly line: string;
}

export type RelayEvent =
  | RequestStart
  | FirstOutput
  | AttemptEnd
  | RequestEnd
  | RunCallEnd
  | LimitRefusal
  | CircuitChange
  | CredentialRefused
  | SessionKept
  | ProblemFound;

/** Called for each event. Must neither throw nor block. */
export type Subscriber = (event: RelayEvent) => void;
