/** Virtual keys from the operator's side: made, listed, rotated, revoked, and moved from the config into the file. */
import { randomBytes } from "node:crypto";
import type { StoredKeys } from "../config/schema.ts";
import { declaredPath, isSameKey, keyNamed, type KeyPlace, mergeKeys } from "../keys/all-keys.ts";
import { createKeyText, keyDigest } from "../keys/key-text.ts";
import type { LedgerState } from "../keys/ledger.ts";

type StoredKey = StoredKeys[string];

/** What a new key is to allow. */
export type NewKey = Omit<StoredKey, "id" | "sha256" | "previous">;

/** Changes the keys of one place; what it throws leaves the place as it was. */
type Change = (change: (keys: StoredKeys) => void) => Promise<void>;

export interface KeysParts {
  /** The keys that the config declares. */
  readonly declared: () => StoredKeys;
  readonly changeDeclared: Change;
  /** The file of the keys that are made here. */
  readonly file: {
    readonly path: string;
    /** @throws Error for a file that is not ours. */
    read(): Promise<StoredKeys>;
    readonly change: Change;
  };
  readonly agentIds: () => readonly string[];
  /** What the keys have used, as far as it was written. */
  readonly usage: () => Promise<LedgerState | undefined>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Waits until a gateway that is running has read the file. */
  readonly untilRead: () => Promise<unknown>;
}

export interface KeyLine {
  readonly name: string;
  readonly place: KeyPlace;
  /** `ignored`: a key of the file, whose name the config gives to another one. */
  readonly state: "active" | "expired" | "ignored";
  readonly key: Omit<StoredKey, "sha256" | "previous">;
  /** What it has used, by agent and model. */
  readonly usage: readonly Pick<
    LedgerState["rows"][number],
    "agent" | "model" | "total" | "month" | "today"
  >[];
}

export interface Keys {
  /**
   * Makes a key in the file.
   * @returns the key, which is not kept anywhere.
   * @throws Error for a name that is taken or an agent that is not there.
   */
  create(name: string, key: NewKey): Promise<string>;
  list(): Promise<readonly KeyLine[]>;
  /** Takes a key away, from both places where it is in both. @throws Error for a name that is not there. */
  revoke(name: string): Promise<void>;
  /** @param graceMs how long the old key still works. @returns the new key. */
  rotate(name: string, graceMs: number): Promise<string>;
  /**
   * Moves keys from the config into the file.
   * @param names none for all.
   * @returns the names that were moved.
   */
  import(names: readonly string[]): Promise<readonly string[]>;
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

export function createKeys(parts: KeysParts): Keys {
  const { declared, changeDeclared, file, now = Date.now } = parts;
  const inBoth = (name: string) => `in the config (${declaredPath}.${name}) and in ${file.path}`;

  /** Where a key is. @throws Error for a name that is nowhere. */
  const placesOf = async (name: string): Promise<readonly KeyPlace[]> => {
    const made = await file.read();
    const places: KeyPlace[] = [
      ...(keyNamed(made, name) === undefined ? [] : (["file"] as const)),
      ...(keyNamed(declared(), name) === undefined ? [] : (["config"] as const)),
    ];
    if (places.length === 0) {
      throw unknownName(name, Object.keys({ ...declared(), ...made }));
    }
    return places;
  };
  const changeIn = (place: KeyPlace, change: (keys: StoredKeys) => void) =>
    place === "file" ? file.change(change) : changeDeclared(change);
  /** Changes a key where it is. */
  const changeKey = async (name: string, change: (key: StoredKey) => StoredKey) => {
    const [place, other] = await placesOf(name);
    if (place === undefined || other !== undefined) {
      throw new Error(
        `there is a key "${name}" ${inBoth(name)}: take it out of the config, or, if it is the same key, run \`keys import ${name}\``,
      );
    }
    await changeIn(place, (keys) => {
      keys[name] = change(known(keys, name));
    });
  };

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
      if (keyNamed(declared(), name) !== undefined) {
        throw new Error(
          `the config declares a key "${name}" already (${declaredPath}.${name}), and one in ${file.path} would be ignored: choose another name, or revoke it first`,
        );
      }
      const text = createKeyText();
      await file.change((keys) => {
        if (keyNamed(keys, name) !== undefined) {
          throw new Error(
            `there is a key "${name}" already, in ${file.path}: rotate it for a new text, or revoke it first`,
          );
        }
        keys[name] = { id: randomBytes(6).toString("hex"), sha256: digestOf(text), ...key };
      });
      return text;
    },
    async list() {
      const usage = await parts.usage();
      const made = await file.read();
      const { doubles } = mergeKeys(declared(), made);
      const line =
        (place: KeyPlace) =>
        ([name, stored]: [string, StoredKey]): KeyLine => {
          const { sha256: _sha256, previous: _previous, ...key } = stored;
          const isExpired = key.expiresAt !== undefined && Date.parse(key.expiresAt) <= now();
          const isIgnored = place === "file" && doubles.includes(name);
          return {
            name,
            place,
            state: isIgnored ? "ignored" : isExpired ? "expired" : "active",
            key,
            usage: (usage?.rows ?? [])
              .filter(({ keyId }) => keyId === key.id)
              .map(({ keyId: _keyId, ...row }) => row),
          };
        };
      return [
        ...Object.entries(declared()).map(line("config")),
        // The same key in both places, in the middle of a move, is one key.
        ...Object.entries(made)
          .filter(([name]) => doubles.includes(name) || keyNamed(declared(), name) === undefined)
          .map(line("file")),
      ];
    },
    async revoke(name) {
      for (const place of await placesOf(name)) {
        await changeIn(place, (keys) => {
          delete keys[name];
        });
      }
    },
    async rotate(name, graceMs) {
      const text = createKeyText();
      await changeKey(name, ({ previous: _previous, ...key }) => {
        const validUntil = new Date(now() + graceMs).toISOString();
        return {
          ...key,
          sha256: digestOf(text),
          ...(graceMs > 0 ? { previous: { sha256: key.sha256, validUntil } } : {}),
        };
      });
      return text;
    },
    async import(names) {
      const chosen = names.length === 0 ? Object.keys(declared()) : [...new Set(names)];
      const moving = new Map(chosen.map((name) => [name, known(declared(), name)]));
      if (moving.size === 0) {
        return [];
      }
      // The file first: a move that is broken off leaves a key in both places, and never in none. A gateway that is running must
      // not find a key in neither place, either.
      await file.change((keys) => {
        for (const [name, key] of moving) {
          const made = keyNamed(keys, name);
          if (made !== undefined && !isSameKey(made, key)) {
            throw new Error(
              `there are two different keys "${name}", ${inBoth(name)}: give the config's another name, or take one of them away`,
            );
          }
          keys[name] = key;
        }
      });
      await parts.untilRead();
      const kept: string[] = [];
      await changeDeclared((keys) => {
        for (const [name, key] of moving) {
          const written = keyNamed(keys, name);
          if (written !== undefined && isSameKey(written, key)) {
            delete keys[name];
          } else {
            kept.push(name);
          }
        }
      });
      if (kept.length > 0) {
        throw new Error(
          `${file.path} has these keys now, but the config writes them in another way than the gateway reads them, so they are still there: ${kept.join(", ")}. Take them out of the config by hand`,
        );
      }
      return chosen;
    },
  };
}

function digestOf(text: string): string {
  return keyDigest(text).toString("hex");
}

/** @throws Error that names the keys that there are. */
function known(keys: StoredKeys, name: string): StoredKey {
  const key = keyNamed(keys, name);
  if (key === undefined) {
    throw unknownName(name, Object.keys(keys));
  }
  return key;
}

function unknownName(name: string, names: readonly string[]): Error {
  const others = names.length === 0 ? "there are none" : `there are: ${names.join(", ")}`;
  return new Error(`there is no key "${name}"; ${others}`);
}
