/** Finds keys by the digest of their text. */
import { timingSafeEqual } from "node:crypto";
import type { StoredKeys } from "../config/schema.ts";
import { createGrant, type Grant } from "./grant.ts";
import { isKeyText, keyDigest } from "./key-text.ts";

export interface KeyDirectory {
  /** What the key with this text allows; undefined if there is no such key or it has expired. */
  find(text: string): Grant | undefined;
  /** What the key with this name allows, expired or not; undefined if there is no such key. */
  named(name: string): Grant | undefined;
  /** Whether there is a key with this id, expired or not. */
  hasId(id: string): boolean;
}

interface Entry {
  readonly digest: Buffer;
  readonly grant: Grant;
  /** Milliseconds since the epoch. */
  readonly validUntilMs: number;
}

/** @param now milliseconds since the epoch. */
export function createKeyDirectory(keys: StoredKeys, now: () => number = Date.now): KeyDirectory {
  const entries = new Map<string, Entry>();
  const byName = new Map<string, Grant>();
  for (const [name, key] of Object.entries(keys)) {
    const grant = createGrant(name, key);
    byName.set(name, grant);
    const expiresAtMs = key.expiresAt === undefined ? Infinity : Date.parse(key.expiresAt);
    const add = (sha256: string, validUntilMs: number) =>
      entries.set(sha256, { digest: Buffer.from(sha256, "hex"), grant, validUntilMs });
    if (key.previous !== undefined) {
      const graceEndsMs = Date.parse(key.previous.validUntil);
      add(key.previous.sha256, Math.min(graceEndsMs, expiresAtMs));
    }
    add(key.sha256, expiresAtMs);
  }
  const ids = new Set(Object.values(keys).map(({ id }) => id));
  /**
   * The texts of valid keys that were sent, so that each is hashed once. At most one for each digest. A look-up compares a
   * text only with one of the same hash, whose seed is random in each process, so its timing reveals nothing of a key.
   */
  const sent = new Map<string, Entry>();
  const entryOf = (text: string): Entry | undefined => {
    const known = sent.get(text);
    if (known !== undefined || !isKeyText(text)) {
      return known;
    }
    const digest = keyDigest(text);
    // The look-up's timing reveals at most parts of a digest, and no key can be derived from a digest.
    const entry = entries.get(digest.toString("hex"));
    if (entry === undefined || !timingSafeEqual(entry.digest, digest)) {
      return undefined;
    }
    sent.set(text, entry);
    return entry;
  };
  return {
    named: (name) => byName.get(name),
    hasId: (id) => ids.has(id),
    find(text) {
      const entry = entryOf(text);
      return entry !== undefined && now() < entry.validUntilMs ? entry.grant : undefined;
    },
  };
}
