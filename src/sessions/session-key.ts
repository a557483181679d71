/** Which session a request belongs to. Pure. */
import { type HeaderFields, headerText } from "../text/header-fields.ts";
import { RelayError } from "../errors.ts";

export interface SessionQuestion {
  readonly agentId: string;
  readonly headers: HeaderFields;
  /** The parsed body. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Where in a body a session id may stand, such as `call.id`; the first that is there counts. */
  readonly bodyPaths: readonly string[];
  /** The id of the virtual key whose sessions these are; undefined for an operator's. */
  readonly owner: string | undefined;
}

/**
 * The key of the request's session, in this order: `x-openclaw-session-key`, as it is; `user`, as core makes it;
 * `x-openclaw-session`; the body paths. Undefined for a request that names none. The sessions of a virtual key are in a
 * namespace of its own, whatever they are named by.
 * @throws RelayError `invalid_session` for a reserved key or an id that cannot be one; `session_not_allowed`.
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

/** @returns the id of the virtual key that a session belongs to; an empty text for an operator's. */
export function ownerOf(key: string): string {
  return ownedBy.exec(key)?.groups?.["owner"] ?? "";
}

/** What `ownedKey` begins its keys with. */
const ownedBy = /^agent:[^:]*:openai-key-(?<owner>[^:]*):/;

function ownedKey(
  question: SessionQuestion,
  owner: string,
  hasOverride: boolean,
): string | undefined {
  if (hasOverride) {
    throw new RelayError(
      "session_not_allowed",
      "A virtual key cannot choose a session by its whole key. Use `x-openclaw-session` for a name of your own.",
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
    const value = at(body, path);
    if ((typeof value === "string" && value.trim() !== "") || typeof value === "number") {
      return { id: String(value).trim(), param: path };
    }
  }
  return undefined;
}

/** No database takes half of a character. */
function wellFormed(user: string): string {
  if (!user.isWellFormed()) {
    throw new RelayError("invalid_session", "`user` has half of a surrogate pair in it.", {
      param: "user",
    });
  }
  return user;
}

/** What the host keeps for itself (docs/gateway/openai-http-api.md), and its sessions in memory. */
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
/** Characters that the host neither folds nor reads anything into. */
const unescaped = /^[a-z0-9._-]$/;
/** Crockford's base 32, 26 characters of it: the host takes such a key for a session's own id. */
const ulid = /^[0-9a-hjkmnp-tv-z]{26}$/;

/**
 * Makes a session id part of a key. Different ids never give the same key, even where the host folds case: whatever is not
 * a lower-case letter, a digit, `.`, `_` or `-` is percent-encoded with lower-case digits, and the first character of what
 * looks like a ULID as well.
 */
function encodeSessionId(id: string, param: string): string {
  if (!sessionId.test(id)) {
    throw new RelayError(
      "invalid_session",
      `\`${param}\` has to be 1 to 128 printable characters.`,
      { param },
    );
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

function at(body: Readonly<Record<string, unknown>>, path: string): unknown {
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
