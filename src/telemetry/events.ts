/** The events that the relay publishes. They contain no prompts, answers or keys. */
import type { TokenUsage } from "../answer/token-usage.ts";
import type { Fault, Outcome } from "../errors.ts";

interface AttemptRoute {
  readonly provider: string;
  readonly modelId: string;
}

/** One attempt at one target. */
export interface AttemptRecord {
  /** `provider/model`, or the reference that could not be resolved; printable ASCII. */
  readonly target: string;
  /** What the target was resolved to; undefined if it could not be. */
  route: AttemptRoute | undefined;
  /** `ok` until it fails. */
  outcome: Outcome;
  /** The status of a provider's answer that was not a 2xx. */
  failedStatus: number | undefined;
  /** What it used, by the provider's count or as an estimate; undefined before its end, and for one that used nothing. */
  usage?: TokenUsage | undefined;
  /** The names of the request's members that the provider's protocol could not say. */
  dropped?: readonly string[] | undefined;
  /** So far, while the attempt is under way; then in total. */
  readonly durationMs: number;
  /** For an attempt that was skipped because of a refused credential: the rest of the cooldown. */
  readonly leftMs?: number;
}

/** The end of a request, successful or not. */
export interface RequestEnd {
  readonly kind: "request-end";
  readonly requestId: string;
  /** The route, such as `chat-completions`. */
  readonly endpoint: string;
  /** The HTTP status that the client got, or would have got if it had not disconnected. */
  readonly status: number;
  readonly outcome: Outcome;
  /** Undefined if the request succeeded or its client disconnected. */
  readonly fault: Fault | undefined;
  readonly durationMs: number;
  readonly attempts: readonly AttemptRecord[];
  /** For an unexpected error: its name and stack, without its message. */
  readonly trace?: string;
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

type RelayEvent = RequestEnd | CircuitChange | CredentialRefused | SessionKept;

/** Called for each event. Must neither throw nor block. */
export type Subscriber = (event: RelayEvent) => void;
