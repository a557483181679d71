/** Collects the secrets that are sent to a provider, and withholds answers that repeat one. */
import type { HeaderFields } from "../text/header-fields.ts";
import type { Route } from "../routing/route.ts";

export interface Secrets {
  readonly texts: readonly string[];
  /** Those of `texts` that cannot be in an answer by chance. */
  readonly telling: readonly string[];
  /** The bytes to search for in bodies: each of `telling`, plain and in the ways that JSON may write it. */
  readonly needles: readonly Buffer[];
}

/** A shorter text may be in an answer by chance. */
const minLength = 8;

/** Values in place of a key for servers that need none: the host's own markers, and those of local servers' manuals. */
const placeholders: ReadonlySet<string> = new Set([
  "custom-local",
  "lm-studio",
  "lmstudio",
  "lmstudio-local",
  "no-api-key",
  "no-key-required",
  "not-needed",
  "ollama-local",
  "placeholder",
  "sk-no-key-required",
]);

/** A header is secret if its name ends with one of these words: `x-api-key`, but not `x-key-version`. */
const secretWords: ReadonlySet<string> = new Set([
  "apikey",
  "auth",
  "authorization",
  "cookie",
  "credential",
  "credentials",
  "key",
  "password",
  "secret",
  "token",
]);

const known = new WeakMap<Route, { readonly key: string | undefined; readonly secrets: Secrets }>();

/**
 * Returns the secrets of a request to a provider: its key, and the configured headers that a SecretRef or `request.auth`
 * sets or that have a secret name. Other headers may contain ordinary words, which answers may repeat.
 * @param key the key that is sent; undefined for none.
 */
export function secretsOf(route: Route, key: string | undefined): Secrets {
  const before = known.get(route);
  if (before !== undefined && before.key === key) {
    return before.secrets;
  }
  const named = Object.entries(route.headers).filter(([name]) => isSecretName(name));
  const values = [...(route.secretValues ?? []), ...named.map(([, value]) => value)];
  const texts = [...(key === undefined ? [] : [key]), ...values.flatMap(partsOf)];
  const telling = texts.filter((text) => text.length >= minLength && !placeholders.has(text));
  const spellings = new Set(telling.flatMap(spellingsOf));
  const secrets = { texts, telling, needles: [...spellings].map((text) => Buffer.from(text)) };
  known.set(route, { key, secrets });
  return secrets;
}

function isSecretName(name: string): boolean {
  return secretWords.has(name.toLowerCase().split(/[-_]/).at(-1) ?? "");
}

/** The secret parts of a header's value: `Bearer …` has one, a cookie has one per pair. */
function partsOf(value: string): readonly string[] {
  return value.split(/[\s;,]+/).flatMap((part) => {
    const equals = part.search(/=[^=]/);
    const secret = equals === -1 ? part : part.slice(equals + 1);
    return secret.length < minLength || authSchemes.has(secret.toLowerCase()) ? [] : [secret];
  });
}

const authSchemes: ReadonlySet<string> = new Set(["negotiate", "signature"]);

/** Characters that some JSON encoders escape: PHP the slash; Go and .NET those that are special in HTML; .NET the plus. */
const escaped = /["\\/<>&'+]/g;

function spellingsOf(secret: string): readonly string[] {
  const inJson = JSON.stringify(secret).slice(1, -1);
  return [
    secret,
    inJson,
    inJson.replaceAll("/", "\\/"),
    secret.replaceAll(escaped, (character) => `\\u${codeOf(character)}`),
    secret.replaceAll(escaped, (character) => `\\u${codeOf(character).toUpperCase()}`),
  ];
}

function codeOf(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, "0");
}

/** Removes headers that repeat a secret. */
export function withoutSecrets(headers: HeaderFields, { telling }: Secrets): HeaderFields {
  for (const name in headers) {
    if (repeatsSecret(name, headers[name], telling)) {
      const fields = Object.entries(headers);
      return Object.fromEntries(
        fields.filter(([other, value]) => !repeatsSecret(other, value, telling)),
      );
    }
  }
  return headers;
}

function repeatsSecret(name: string, value: unknown, telling: readonly string[]): boolean {
  const text = String(value);
  for (const secret of telling) {
    if (
      text.includes(secret) ||
      (name.length >= secret.length && name.includes(secret.toLowerCase()))
    ) {
      return true;
    }
  }
  return false;
}

export interface SecretFilter {
  /** Takes the next bytes of an answer. @returns the bytes that may be sent, or `secret` if they contain one. */
  push(bytes: Buffer): Buffer | "secret";
  /** Returns the held bytes at the end: they looked like the start of a secret, but were not. */
  rest(): Buffer;
}

const lineFeed = 0x0a;
const nothing = Buffer.alloc(0);

/** Finds secrets even if they are split between chunks: holds bytes that may be the start of one until the next chunk. */
export function createSecretFilter({ needles }: Secrets): SecretFilter {
  /** Shorter than the longest needle. */
  let held: Buffer = nothing;
  return {
    push(chunk) {
      const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      held = nothing;
      for (const needle of needles) {
        if (bytes.includes(needle)) {
          return "secret";
        }
      }
      // No secret contains a line feed, so none can begin before this one and end after it. Skip the search.
      if (bytes.at(-1) === lineFeed) {
        return bytes;
      }
      let heldBytes = 0;
      for (const needle of needles) {
        heldBytes = Math.max(heldBytes, matchedLength(bytes, needle));
      }
      if (heldBytes === 0) {
        return bytes;
      }
      held = bytes.subarray(bytes.length - heldBytes);
      return bytes.subarray(0, bytes.length - heldBytes);
    },
    rest() {
      const last = held;
      held = nothing;
      return last;
    },
  };
}

/** How many of the last bytes match the beginning of a needle. */
function matchedLength(bytes: Buffer, needle: Buffer): number {
  const [first = 0] = needle;
  const from = Math.max(0, bytes.length - needle.length + 1);
  for (let at = bytes.indexOf(first, from); at !== -1; at = bytes.indexOf(first, at + 1)) {
    const length = bytes.length - at;
    if (bytes.compare(needle, 0, length, at) === 0) {
      return length;
    }
  }
  return 0;
}
