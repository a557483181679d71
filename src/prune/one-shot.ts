/** Finds one-shot sessions: one call created them, and no other will use them. Decides which may be removed. Pure. */

/**
 * `model-run`: created by `openclaw infer model run --gateway` in older hosts.
 * `http-one-shot`: created by core's own endpoint for each call that names no session, and by agent mode with
 * `sessions.anonymous: "persist"`.
 */
export const oneShotKinds = ["model-run", "http-one-shot"] as const;
export type OneShotKind = (typeof oneShotKinds)[number];

/** The part of their keys between `agent:<id>:` and a UUID. */
export const keyBeginnings: Readonly<Record<OneShotKind, string>> = {
  "model-run": "explicit:model-run-",
  "http-one-shot": "openai:",
};

const uuid = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";

/**
 * Matches the whole key, which excludes named sessions and subsessions. Sources: the host's `isGatewayModelRunSessionKey`
 * (openclaw 2026.9.6) for `model-run`, docs/gateway/openai-http-api (stateless calls) for `http-one-shot`.
 */
function keyPattern(kind: OneShotKind): RegExp {
  return new RegExp(`^agent:[^:\\s]+:${keyBeginnings[kind]}${uuid}$`, "i");
}
const keyPatterns = oneShotKinds.map((kind) => ({ kind, pattern: keyPattern(kind) }));

/** The kind of a one-shot session, by its key; undefined for any other session. */
function kindOf(sessionKey: string): OneShotKind | undefined {
  return keyPatterns.find(({ pattern }) => pattern.test(sessionKey))?.kind;
}

/** Metadata of a session in a store. */
export interface StoredSession {
  readonly key: string;
  /** Last use or change of any kind, in milliseconds since the epoch. */
  readonly lastUsedAtMs: number;
  /** A run is in flight. */
  readonly running: boolean;
  readonly pinned: boolean;
  /** It has a label or a display name. */
  readonly named: boolean;
  /** Archived by hand, locked to a model, or bound to a channel. */
  readonly held: boolean;
}

/** Why a one-shot session stays. The first reason that applies is reported. */
export const reasonsToKeep = ["running", "pinned", "named", "held", "recent"] as const;
type ReasonToKeep = (typeof reasonsToKeep)[number];

/**
 * @param unusedSinceMs milliseconds since the epoch; a session that was used then or later stays.
 * @returns undefined if the session may be removed.
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

/** Time to live after the last use, in milliseconds, by kind. A kind that is left out stays for ever. */
export type OneShotTtls = Readonly<Partial<Record<OneShotKind, number>>>;

export interface OneShot {
  readonly kind: OneShotKind;
  readonly session: StoredSession;
  /** Undefined if the session may be removed. */
  readonly keptFor: ReasonToKeep | undefined;
}

/** Finds the one-shot sessions in a store, of the kinds that have a time to live. */
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

/** Classes of the time since a session's last use, shortest first. */
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
