/** Virtual keys from the operator's side: made, listed, rotated, revoked. */
import { randomBytes } from "node:crypto";
import type { RelayConfig } from "../config/schema.ts";
import { createKeyText, keyDigest } from "../keys/key-text.ts";
import type { LedgerState } from "../keys/ledger.ts";

export type StoredKeys = RelayConfig["keys"];
type StoredKey = StoredKeys[string];

/** What a new key is to allow. */
export type NewKey = Omit<StoredKey, "id" | "sha256" | "previous">;

export interface KeysParts {
  /** The keys as the config has them. */
  readonly keys: () => StoredKeys;
  readonly agentIds: () => readonly string[];
  /** Changes the keys in the config file; what `change` throws leaves it as it was. */
  readonly change: (change: (keys: Record<string, StoredKey>) => void) => Promise<void>;
  /** What the keys have used, as far as it was written. */
  readonly usage: () => Promise<LedgerState | undefined>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

export interface KeyLine {
  readonly name: string;
  readonly key: Omit<StoredKey, "sha256" | "previous">;
  readonly isExpired: boolean;
  /** What it has used, by agent and model. */
  readonly usage: readonly Pick<
    LedgerState["rows"][number],
    "agent" | "model" | "total" | "month" | "today"
  >[];
}

export interface Keys {
  /** @returns the key, which is not kept anywhere. @throws Error for a name that is taken or an agent that is not there. */
  create(name: string, key: NewKey): Promise<string>;
  list(): Promise<readonly KeyLine[]>;
  /** @throws Error for a name that is not there. */
  revoke(name: string): Promise<void>;
  /** @param graceMs how long the old key still works. @returns the new key. */
  rotate(name: string, graceMs: number): Promise<string>;
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

export function createKeys(parts: KeysParts): Keys {
  const { change, now = Date.now } = parts;
  return {
    async create(name, key) {
      if (!namePattern.test(name)) {
        throw new Error(
          `"${name}" is no name for a key: write 1 to 64 letters, digits, "-" and "_", the first one a letter or a digit`,
        );
      }
      const strangers = (key.agents ?? []).filter((id) => !parts.agentIds().includes(id));
      if (strangers.length > 0) {
        throw new Error(
          `there is no agent "${strangers[0]}"; there are: ${parts.agentIds().join(", ")}`,
        );
      }
      const text = createKeyText();
      await change((keys) => {
        if (Object.hasOwn(keys, name)) {
          throw new Error(
            `there is a key "${name}" already: rotate it for a new text, or revoke it first`,
          );
        }
        keys[name] = { id: randomBytes(6).toString("hex"), sha256: digestOf(text), ...key };
      });
      return text;
    },
    async list() {
      const usage = await parts.usage();
      return Object.entries(parts.keys()).map(([name, stored]) => {
        const { sha256: _sha256, previous: _previous, ...key } = stored;
        return {
          name,
          key,
          isExpired: key.expiresAt !== undefined && Date.parse(key.expiresAt) <= now(),
          usage: (usage?.rows ?? [])
            .filter(({ keyId }) => keyId === key.id)
            .map(({ keyId: _keyId, ...row }) => row),
        };
      });
    },
    async revoke(name) {
      await change((keys) => {
        known(keys, name);
        delete keys[name];
      });
    },
    async rotate(name, graceMs) {
      const text = createKeyText();
      await change((keys) => {
        const { previous: _previous, ...key } = known(keys, name);
        const validUntil = new Date(now() + graceMs).toISOString();
        keys[name] = {
          ...key,
          sha256: digestOf(text),
          ...(graceMs > 0 ? { previous: { sha256: key.sha256, validUntil } } : {}),
        };
      });
      return text;
    },
  };
}

function digestOf(text: string): string {
  return keyDigest(text).toString("hex");
}

function known(keys: Readonly<Record<string, StoredKey>>, name: string): StoredKey {
  const key = Object.hasOwn(keys, name) ? keys[name] : undefined;
  if (key === undefined) {
    const names = Object.keys(keys);
    const others = names.length === 0 ? "there are none" : `there are: ${names.join(", ")}`;
    throw new Error(`there is no key "${name}"; ${others}`);
  }
  return key;
}
