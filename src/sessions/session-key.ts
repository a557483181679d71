/** Derives the key of a request's session. Pure. */
import { type HeaderFields, headerText } from "../text/header-fields.ts";
import { RelayError } from "../errors.ts";

export interface SessionQuestion {
  readonly agentId: string;
  readonly headers: HeaderFields;
  /** The parsed body. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Paths in the body that may hold a session id, such as `call.id`. The first one present is used. */
  readonly bodyPaths: readonly string[];
  /** The id of the caller's virtual key; undefined for an operator. */
  readonly owner: string | undefined;
}

/**
 * Returns the key of the request's session; undefined if the request names none. The first of these sources counts:
 *
 * 1. the header `x-openclaw-session-key`, used unchanged (not for virtual keys);
 * 2. the body's `user`, as on core's endpoint;
 * 3. the header `x-openclaw-session`;
 * 4. the body paths.
 *
 * Sessions of a virtual key are in the key's own namespace.
 * @throws RelayError `invalid_session` for a reserved key or an invalid id; `session_not_allowed` if the holder of a
 * virtual key sends `x-openclaw-session-key`.
 */
export function sessionKey(question: SessionQuestion): string | undefined {
  const { agentId, headers, body, owner } = question;
  const override = headerText(headers["x-openclaw-session-key"]);
  if (owner !== undefined) {
    return ownedKey(question, owner, override !== undefined);
  }
  if (override !== undefined) {
    return checkedOverride(override);
  }
  const user = typeof body["user"] === "string" ? body["user"].trim() : "";
  if (user !== "") {
    return `agent:${agentId}:openai-user:${wellFormed(user)}`;
  }
  const named = namedSession(question);
  return named === undefined
    ? undefined
    : `agent:${agentId}:openai-session:${encodeSessionId(named.id, named.param)}`;
}

/** @returns the id of the virtual key that owns a session; an empty string for operators' sessions. */
export function ownerOf(key: string): string {
  return ownedBy.exec(key)?.groups?.["owner"] ?? "";
}

/** Matches the prefix of the keys that `ownedKey` makes. */
const ownedBy = /^agent:[^:]*:openai-key-(?<owner>[^:]*):/;

function ownedKey(
  question: SessionQuestion,
  owner: string,
  hasOverride: boolean,
): string | undefined {
  if (hasOverride) {
    throw new RelayError(
      "session_not_allowed",
      "A virtual key cannot send a full session key. Send a name of your own in `x-openclaw-session`.",
      { param: "x-openclaw-session-key" },
    );
  }
  const { agentId, body } = question;
  const namespace = `agent:${agentId}:openai-key-${owner}`;
  const user = typeof body["user"] === "string" ? body["user"].trim() : "";
  if (user !== "") {
    return `${namespace}:user-${encodeSessionId(user, "user")}`;
  }
  const named = namedSession(question);
  return named && `${namespace}:session-${encodeSessionId(named.id, named.param)}`;
}

function namedSession({ headers, body, bodyPaths }: SessionQuestion) {
  const header = "x-openclaw-session";
  const fromHeader = headerText(headers[header]);
  if (fromHeader !== undefined) {
    return { id: fromHeader, param: header };
  }
  for (const path of bodyPaths) {
    const value = memberAt(body, path);
    if ((typeof value === "string" && value.trim() !== "") || typeof value === "number") {
      return { id: String(value).trim(), param: path };
    }
  }
  return undefined;
}

/** Refuses lone surrogates, which databases cannot store. */
function wellFormed(user: string): string {
  if (!user.isWellFormed()) {
    throw new RelayError(
      "invalid_session",
      "`user` contains half of a surrogate pair. Send valid Unicode.",
      {
        param: "user",
      },
    );
  }
  return user;
}

/** Namespaces that the host reserves (docs/gateway/openai-http-api.md), and those of its sessions in memory. */
const reserved = /^(?:agent:[^:]*:)?(?:subagent|cron|acp|harness):/i;
const incognito = /^agent:[^:]+:(?:dashboard|subagent|internal-session-effects):incognito-/i;

function checkedOverride(key: string): string {
  if (reserved.test(key) || incognito.test(key)) {
    throw new RelayError(
      "invalid_session",
      "`x-openclaw-session-key` cannot use reserved internal session namespaces. Use `x-openclaw-session` for a name of your own.",
      { param: "x-openclaw-session-key" },
    );
  }
  return key;
}

/** 1 to 128 printable characters: no controls, no unassigned code points. */
const sessionId = /^[^\p{C}]{1,128}$/u;
/** Characters without a special meaning in the host, which it also does not change to lower case. */
const unescaped = /^[a-z0-9._-]$/;
/** A ULID: 26 digits of Crockford's base 32. The host would take such a key for a session's internal id. */
const ulid = /^[0-9a-hjkmnp-tv-z]{26}$/;

/**
 * Encodes a session id for use in a key. Different ids give different keys, although the host folds case. So every
 * character except lower-case letters, digits, `.`, `_` and `-` is percent-encoded with lower-case digits. In an id that
 * looks like a ULID, the first character is encoded too.
 */
function encodeSessionId(id: string, param: string): string {
  if (!sessionId.test(id)) {
    throw new RelayError("invalid_session", `\`${param}\` must be 1 to 128 printable characters.`, {
      param,
    });
  }
  const [first = "", ...rest] = Array.from(id, (character) =>
    unescaped.test(character) ? character : percentEncoded(character),
  );
  return ulid.test(id) ? [percentEncoded(first), ...rest].join("") : [first, ...rest].join("");
}

function percentEncoded(character: string): string {
  return Array.from(
    Buffer.from(character),
    (byte) => `%${byte.toString(16).padStart(2, "0")}`,
  ).join("");
}

function memberAt(body: Readonly<Record<string, unknown>>, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (value, name) =>
        typeof value === "object" && value !== null && Object.hasOwn(value, name)
          ? (value as Record<string, unknown>)[name]
          : undefined,
      body,
    );
}
