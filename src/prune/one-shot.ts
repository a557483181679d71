/**
 * Sessions that one call made and no other will use: which they are, and which of them may go. Pure.
 */

/**
 * `model-run`: what `openclaw infer model run --gateway` left behind in older hosts.
 * `http-one-shot`: what core's own endpoint, and agent mode where it is told to persist, make of each call that names no
 * session.
 */
export const oneShotKinds = ["model-run", "http-one-shot"] as const;
export type OneShotKind = (typeof oneShotKinds)[number];

/** What their keys begin with behind `agent:<id>:`; a UUID follows. */
export const keyBeginnings: Readonly<Record<OneShotKind, string>> = {
  "model-run": "explicit:model-run-",
  "http-one-shot": "openai:",
};

const uuid = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";

/**
 * The whole key has to fit, so that a session with a name of its own, or one below another, is none of them. The first
 * is the host's rule (`isGatewayModelRunSessionKey` in openclaw 2026.9.6), the second its key for a stateless call
 * (docs/gateway/openai-http-api).
 */
function keyPattern(kind: OneShotKind): RegExp {
  return new RegExp(`^agent:[^:\\s]+:${keyBeginnings[kind]}${uuid}$`, "i");
}
const keyPatterns = oneShotKinds.map((kind) => ({ kind, pattern: keyPattern(kind) }));

/** The kind of a session by its key; undefined for every other session. */
function kindOf(sessionKey: string): OneShotKind | undefined {
  return keyPatterns.find(({ pattern }) => pattern.test(sessionKey))?.kind;
}

/** What the host knows of a session in a store, without its contents. */
export interface StoredSession {
  readonly key: string;
  /** The last use of any kind, or change, in milliseconds since the epoch. */
  readonly lastUsedAtMs: number;
  /** A run is in flight. */
  readonly running: boolean;
  readonly pinned: boolean;
  /** Someone gave it a label or a name. */
  readonly named: boolean;
  /** The host keeps it: archived by hand, locked to a model, or bound to a channel. */
  readonly held: boolean;
}

/** Why a one-shot session stays. The first that applies is the one that is told. */
export const reasonsToKeep = ["running", "pinned", "named", "held", "recent"] as const;
type ReasonToKeep = (typeof reasonsToKeep)[number];

/**
 * @param unusedSinceMs a session that was used at this time or later stays, in milliseconds since the epoch.
 * @returns undefined when the session may go.
 */
function reasonToKeep(session: StoredSession, unusedSinceMs: number): ReasonToKeep | undefined {
  if (session.running) {
    return "running";
  }
  if (session.pinned) {
    return "pinned";
  }
  if (session.named) {
    return "named";
  }
  if (session.held) {
    return "held";
  }
  return session.lastUsedAtMs < unusedSinceMs ? undefined : "recent";
}

/** How long a kind of session may lie unused, in milliseconds; a kind that is left out stays for ever. */
export type OneShotTtls = Readonly<Partial<Record<OneShotKind, number>>>;

export interface OneShot {
  readonly kind: OneShotKind;
  readonly session: StoredSession;
  /** Undefined when it may go. */
  readonly keptFor: ReasonToKeep | undefined;
}

/** The one-shot sessions among all that a store holds, of the kinds that have a time to live. */
export function findOneShots(
  sessions: readonly StoredSession[],
  ttls: OneShotTtls,
  nowMs: number,
): readonly OneShot[] {
  return sessions.flatMap((session) => {
    const kind = kindOf(session.key);
    const ttlMs = kind && ttls[kind];
    return kind === undefined || ttlMs === undefined
      ? []
      : [{ kind, session, keptFor: reasonToKeep(session, nowMs - ttlMs) }];
  });
}

const dayMs = 24 * 3_600_000;

/** How long ago a session was used last, from the youngest to the oldest. */
export const ages = ["under-1d", "1d-7d", "7d-30d", "over-30d"] as const;
export type Age = (typeof ages)[number];

export function ageOf(sinceUseMs: number): Age {
  if (sinceUseMs < dayMs) {
    return "under-1d";
  }
  if (sinceUseMs < 7 * dayMs) {
    return "1d-7d";
  }
  return sinceUseMs < 30 * dayMs ? "7d-30d" : "over-30d";
}
