/** Manages virtual keys: create, show, update, rotate, revoke, and import from the config into the key file. */
import { randomBytes } from "node:crypto";
import { Value } from "@sinclair/typebox/value";
import { keyNamePattern, keySchema, type StoredKeys } from "../config/schema.ts";
import { declaredPath, isSameKey, keyNamed, type KeyPlace, mergeKeys } from "../access/all-keys.ts";
import { createKeyText, keyDigest } from "../access/key-text.ts";
import { createLedger, type Ledger, type LedgerState } from "../quota/ledger.ts";
import { type KeyUse, useOf } from "./key-use.ts";
import { UsageError } from "./usage-error.ts";

type StoredKey = StoredKeys[string];
type Allowed = Omit<StoredKey, "id" | "sha256" | "previous">;

/** A change of what a key allows: `null` removes a limit, a field that is left out does not change. */
export type KeyChange = { readonly [Field in keyof Allowed]?: Allowed[Field] | null };

/** Changes the keys of the config or of the file. If the callback throws, nothing is written. */
type Change = (change: (keys: StoredKeys) => void) => Promise<void>;

export interface KeysParts {
  /** The keys that the config declares. */
  readonly declared: () => StoredKeys;
  readonly changeDeclared: Change;
  /** The file of keys that this command creates. */
  readonly file: {
    readonly path: string;
    /** @throws Error if the file cannot be read or is not a key file. */
    read(): Promise<StoredKeys>;
    readonly change: Change;
  };
  readonly agentIds: () => readonly string[];
  /** Usage of the keys, as last written by a gateway; undefined if there is none. */
  readonly usage: () => Promise<LedgerState | undefined>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Waits until a running gateway has read the file. */
  readonly untilRead: () => Promise<unknown>;
}

/** A key without its digests. */
export interface KeyView {
  readonly name: string;
  readonly place: KeyPlace;
  /** `ignored`: a key of the file, while the config declares another key with its name. */
  readonly state: "active" | "expired" | "ignored";
  /** What it allows, with the config's field names. */
  readonly key: Omit<StoredKey, "sha256" | "previous">;
  /** RFC 3339: until when the key's text before the last rotation works. Undefined if no such text works now. */
  readonly previousValidUntil?: string;
}

export interface KeyLine extends KeyView {
  /** Usage by agent and model. */
  readonly usage: readonly Omit<LedgerState["rows"][number], "keyId">[];
}

export interface KeyDetails extends KeyLine, KeyUse {}

export interface NewText extends KeyView {
  /** The secret text for the key's holder. It is stored nowhere. */
  readonly text: string;
}

export interface Keys {
  /**
   * Creates a key in the file.
   * @throws Error for a name that is taken or an unknown agent, UsageError for an invalid name.
   */
  create(name: string, change: KeyChange): Promise<NewText>;
  list(): Promise<readonly KeyLine[]>;
  /** Details of one key. @throws Error for an unknown name. */
  show(name: string): Promise<KeyDetails>;
  /** Changes what a key allows; its text, its sessions and its usage stay. @throws Error for an unknown name. */
  update(name: string, change: KeyChange): Promise<KeyView>;
  /** Gives a key a new text. @param graceMs how long the old text still works. @throws Error for an unknown name. */
  rotate(name: string, graceMs: number): Promise<NewText>;
  /**
   * Removes a key, from both places if it is in both.
   * @returns the places.
   * @throws Error for an unknown name.
   */
  revoke(name: string): Promise<readonly KeyPlace[]>;
  /**
   * Moves keys from the config into the file.
   * @param names the keys to move; empty for all.
   * @returns the names of the moved keys.
   */
  import(names: readonly string[]): Promise<readonly string[]>;
}

const keyName = new RegExp(keyNamePattern);

export function createKeys(parts: KeysParts): Keys {
  const { declared, changeDeclared, file, now = Date.now } = parts;
  const inBoth = (name: string) => `in the config (${declaredPath}.${name}) and in ${file.path}`;

  /** The places of a key, at least one. @throws Error for an unknown name. */
  const placesOf = async (name: string): Promise<readonly KeyPlace[]> => {
    const inFile = await file.read();
    const places: KeyPlace[] = [
      ...(keyNamed(inFile, name) === undefined ? [] : (["file"] as const)),
      ...(keyNamed(declared(), name) === undefined ? [] : (["config"] as const)),
    ];
    if (places.length === 0) {
      throw unknownName(name, Object.keys({ ...declared(), ...inFile }));
    }
    return places;
  };
  const changeIn = (place: KeyPlace, change: (keys: StoredKeys) => void) =>
    place === "file" ? file.change(change) : changeDeclared(change);
  /** Changes a key in its place. @throws Error for an unknown name, or one that is in both places. */
  const changeKey = async (name: string, change: (key: StoredKey) => StoredKey) => {
    const [place, other] = await placesOf(name);
    if (place === undefined || other !== undefined) {
      throw new Error(
        `the key "${name}" exists twice, ${inBoth(name)}: remove it from the config or, if both are the same key, run \`keys import ${name}\``,
      );
    }
    let next: StoredKey | undefined;
    await changeIn(place, (keys) => {
      next = change(existingKey(keys, name));
      keys[name] = next;
    });
    return view(name, place, next ?? existingKey({}, name));
  };
  const isPast = (at: string | undefined) => at !== undefined && Date.parse(at) <= now();
  const view = (name: string, place: KeyPlace, stored: StoredKey): KeyView => {
    const { sha256: _sha256, previous, ...key } = stored;
    return {
      name,
      place,
      state: isPast(key.expiresAt) ? "expired" : "active",
      key,
      ...(previous === undefined || isPast(previous.validUntil)
        ? {}
        : { previousValidUntil: previous.validUntil }),
    };
  };
  const assertAgents = ({ agents }: KeyChange) => {
    const unknownAgent = agents?.find((id) => !parts.agentIds().includes(id));
    if (unknownAgent !== undefined) {
      throw new Error(
        `there is no agent "${unknownAgent}"; agents: ${parts.agentIds().join(", ")}`,
      );
    }
  };
  /** The usage as of now: a day or a month that has passed since the last write counts as over. */
  const readUsage = async () => {
    const ledger = createLedger({ now });
    const state = await parts.usage();
    if (state !== undefined) {
      ledger.restore(state);
    }
    return ledger;
  };
  const linesWith = async (ledger: Ledger): Promise<readonly KeyLine[]> => {
    const inFile = await file.read();
    const { doubles } = mergeKeys(declared(), inFile);
    const line =
      (place: KeyPlace) =>
      ([name, stored]: [string, StoredKey]): KeyLine => ({
        ...view(name, place, stored),
        ...(place === "file" && doubles.includes(name) ? { state: "ignored" } : {}),
        usage: ledger.rowsOf(stored.id).map(({ keyId: _keyId, ...row }) => row),
      });
    return [
      ...Object.entries(declared()).map(line("config")),
      // During an import the same key is in both places: list it once.
      ...Object.entries(inFile)
        .filter(([name]) => doubles.includes(name) || keyNamed(declared(), name) === undefined)
        .map(line("file")),
    ];
  };

  return {
    list: async () => await linesWith(await readUsage()),
    async create(name, change) {
      if (!keyName.test(name)) {
        throw new UsageError(
          `"${name}" is not a valid key name: use 1 to 64 letters, digits, "-" and "_", beginning with a letter or a digit`,
        );
      }
      assertAgents(change);
      assertPurpose(change.metrics === true, change);
      if (keyNamed(declared(), name) !== undefined) {
        throw new Error(
          `the config already declares a key "${name}" (${declaredPath}.${name}), and a second one in ${file.path} would be ignored: choose another name, or revoke that key first`,
        );
      }
      const text = createKeyText();
      const id = randomBytes(6).toString("hex");
      const key = withChange(
        { id, sha256: digestOf(text), modes: ["passthrough", "light"] },
        change,
      );
      await file.change((keys) => {
        if (keyNamed(keys, name) !== undefined) {
          throw new Error(
            `the key "${name}" already exists in ${file.path}: rotate it to get a new text, or revoke it first`,
          );
        }
        keys[name] = key;
      });
      return { ...view(name, "file", key), text };
    },
    async show(name) {
      const ledger = await readUsage();
      const lines = await linesWith(ledger);
      // If two keys have this name, the config's works. It comes first in the list.
      const line = lines.find((found) => found.name === name);
      if (line === undefined) {
        throw unknownName(
          name,
          lines.map((found) => found.name),
        );
      }
      return { ...line, ...useOf(line.key, line.usage, ledger.spending(line.key.id)) };
    },
    async update(name, change) {
      assertAgents(change);
      return await changeKey(name, (key) => {
        assertPurpose(key.metrics === true, change);
        return withChange(key, change);
      });
    },
    async revoke(name) {
      const places = await placesOf(name);
      for (const place of places) {
        await changeIn(place, (keys) => {
          delete keys[name];
        });
      }
      return places;
    },
    async rotate(name, graceMs) {
      const text = createKeyText();
      const rotated = await changeKey(name, ({ previous: _previous, ...key }) => {
        const validUntil = new Date(now() + graceMs).toISOString();
        return {
          ...key,
          sha256: digestOf(text),
          ...(graceMs > 0 ? { previous: { sha256: key.sha256, validUntil } } : {}),
        };
      });
      return { ...rotated, text };
    },
    async import(names) {
      const chosen = names.length === 0 ? Object.keys(declared()) : [...new Set(names)];
      const moving = new Map(chosen.map((name) => [name, existingKey(declared(), name)]));
      if (moving.size === 0) {
        return [];
      }
      // Write the file first: an import that fails halfway then leaves a key in both places, never in none. A running
      // gateway must not miss the key either, so wait until it has read the file.
      await file.change((keys) => {
        for (const [name, key] of moving) {
          const inFile = keyNamed(keys, name);
          if (inFile !== undefined && !isSameKey(inFile, key)) {
            throw new Error(
              `two different keys have the name "${name}", ${inBoth(name)}: rename the one in the config, or remove one of them`,
            );
          }
          keys[name] = key;
        }
      });
      await parts.untilRead();
      const notRemoved: string[] = [];
      await changeDeclared((keys) => {
        for (const [name, key] of moving) {
          const written = keyNamed(keys, name);
          if (written !== undefined && isSameKey(written, key)) {
            delete keys[name];
          } else {
            notRemoved.push(name);
          }
        }
      });
      if (notRemoved.length > 0) {
        throw new Error(
          `${file.path} now has these keys, but they could not be removed from the config, because they are written there differently from what the gateway reads: ${notRemoved.join(", ")}. Remove them from the config by hand`,
        );
      }
      return chosen;
    },
  };
}

/** @throws UsageError if a key for metrics would get a setting that does not apply to it. */
function assertPurpose(readsMetrics: boolean, change: KeyChange): void {
  const { metrics: _metrics, expiresAt: _expiresAt, ...others } = change;
  const [other] = Object.keys(others);
  if (readsMetrics && other !== undefined) {
    throw new UsageError(
      `a key for metrics only reads metrics, so \`${other}\` does not apply to it: leave that option out (--expires may stay), or create another key for it`,
    );
  }
}

/** @throws UsageError if the result does not fit the schema. */
function withChange(key: StoredKey, change: KeyChange): StoredKey {
  // A key that was written by hand may omit fields that have a default.
  const next = Value.Default(
    keySchema,
    Object.fromEntries(Object.entries({ ...key, ...change }).filter(([, value]) => value !== null)),
  );
  if (Value.Check(keySchema, next)) {
    return next;
  }
  const first = Value.Errors(keySchema, next).First();
  throw new UsageError(`${first?.path.slice(1)}: ${first?.message}`);
}

function digestOf(text: string): string {
  return keyDigest(text).toString("hex");
}

/** @throws Error, which lists the existing names. */
function existingKey(keys: StoredKeys, name: string): StoredKey {
  const key = keyNamed(keys, name);
  if (key === undefined) {
    throw unknownName(name, Object.keys(keys));
  }
  return key;
}

function unknownName(name: string, names: readonly string[]): Error {
  const others = names.length === 0 ? "no keys exist" : `existing keys: ${names.join(", ")}`;
  return new Error(`there is no key "${name}"; ${others}`);
}
