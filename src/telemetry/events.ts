/** What the relay tells of a request when it has ended. Events carry no prompt, no answer, no key. */
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
  /** What the target was resolved to; undefined where it could not be. */
  route: AttemptRoute | undefined;
  /** `ok` while and after it succeeds. */
  outcome: Outcome;
  /** The status of a provider's answer that was not a good one. */
  failedStatus: number | undefined;
  /** What it used, by the provider's count or as an estimate; undefined before its end, and for one that used nothing. */
  usage?: TokenUsage | undefined;
  /** So far, or in all. */
  readonly durationMs: number;
  /** For an attempt that was not made, because a credential was refused: how long that goes on. */
  readonly leftMs?: number;
}

/** The end of a request, however it ended. */
export interface RequestEnd {
  readonly kind: "request-end";
  readonly requestId: string;
  /** The route, such as `chat-completions`. */
  readonly endpoint: string;
  /** What the client saw; for a client that saw nothing, what it would have seen. */
  readonly status: number;
  readonly outcome: Outcome;
  /** Undefined for a request that went well, and for one whose client left. */
  readonly fault: Fault | undefined;
  readonly durationMs: number;
  readonly attempts: readonly AttemptRecord[];
  /** What went wrong where nobody foresaw it: the error's name and stack, without its message. */
  readonly trace?: string;
}

/** A circuit breaker has opened, or closed again. */
interface CircuitChange {
  readonly kind: "circuit-change";
  /** `provider/model`. */
  readonly target: string;
  readonly state: "open" | "closed";
}

/** A provider has refused a credential; told once a minute for each while it lasts. */
export interface CredentialRefused {
  readonly kind: "credential-refused";
  readonly provider: string;
  /** The auth profile's id, or `config`. */
  readonly source: string;
  readonly status: 401 | 403;
}

/** The host did not let go of a session in memory. */
interface SessionKept {
  readonly kind: "session-kept";
  readonly agentId: string;
}

type RelayEvent = RequestEnd | CircuitChange | CredentialRefused | SessionKept;

/** Called for each event; must neither throw nor wait. */
export type Subscriber = (event: RelayEvent) => void;
