/** What the relay tells of a request when it has ended. Events carry no prompt, no answer, no key. */
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
  /** `ok` while and after it succeeds, or the code of the failure, with the provider's status where it gave one. */
  outcome: string;
  /** So far, or in all. */
  readonly durationMs: number;
}

/** The end of a request, however it ended. */
export interface RequestEnd {
  readonly kind: "request-end";
  readonly requestId: string;
  /** The route, such as `chat-completions`. */
  readonly endpoint: string;
  readonly status: number;
  /** `ok`, or the code of the error. */
  readonly outcome: string;
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

/** A provider has refused a key for the first time. */
interface KeyRefused {
  readonly kind: "key-refused";
  readonly provider: string;
  /** The auth profile's id, or `config`. */
  readonly source: string;
  readonly status: number;
}

/** The host did not let go of a session in memory. */
interface SessionKept {
  readonly kind: "session-kept";
  readonly agentId: string;
}

type RelayEvent = RequestEnd | CircuitChange | KeyRefused | SessionKept;

/** Called for each event; must neither throw nor wait. */
export type Subscriber = (event: RelayEvent) => void;
