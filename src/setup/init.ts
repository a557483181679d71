/** Sets the relay up: the choices, the config, a first key, and the line that proves it. */
import { isDeepStrictEqual } from "node:util";
import { resolveConfig } from "../config/resolve.ts";
import type { Keys } from "../control/keys.ts";
import type { Choices } from "./choices.ts";
import { baseUrlOf, curlLine, type GatewayAddress } from "./curl.ts";
import { diffSettings } from "./line-diff.ts";
import { chosenAgents, modesOfKey, planEntry, type WrittenEntry } from "./plan.ts";

export interface InitParts {
  readonly agentIds: () => readonly string[];
  readonly gateway: () => GatewayAddress;
  /** Reads `plugins.entries.passthrough` as it is written in the config file. */
  readonly readEntry: () => Promise<WrittenEntry>;
  /** Writes it. @throws Error if it is no longer as expected; nothing is written then. */
  readonly writeEntry: (expected: WrittenEntry, next: WrittenEntry) => Promise<void>;
  readonly keys: Pick<Keys, "create" | "list">;
  /** Tries a key at a running gateway. @returns whether it lists the model; undefined if no gateway runs. */
  readonly tryOut: (trial: Trial) => Promise<boolean | undefined>;
}

export interface Trial {
  readonly baseUrl: string;
  readonly key: string;
  readonly model: string;
}

export interface InitResult {
  /** Whether the config was changed. */
  readonly changed: boolean;
  /** What was changed, as lines. */
  readonly diff: readonly string[];
  /** The text is null for a key that was there before: it is stored nowhere. */
  readonly key: { readonly name: string; readonly text: string | null };
  readonly url: string;
  readonly model: string;
  readonly curl: string;
  /** Whether the running gateway accepts the key; null if none runs, or if the key's text is not known. */
  readonly works: boolean | null;
  readonly notes: readonly string[];
}

/**
 * @param confirm shows the difference and asks whether to write it. Not called if there is none.
 * @returns undefined if the answer was no: nothing was changed.
 * @throws Error if the result would not fit the schema, or cannot be written.
 */
export async function init(
  parts: InitParts,
  choices: Choices,
  confirm: (diff: readonly string[]) => Promise<boolean>,
): Promise<InitResult | undefined> {
  const agentIds = parts.agentIds();
  const before = await parts.readEntry();
  const { entry, notes } = planEntry(before, choices, agentIds);
  const config = resolveConfig(entry["config"]);
  const changed = !isDeepStrictEqual(before, entry);
  const diff = changed ? diffSettings(before, entry) : [];
  if (changed) {
    if (!(await confirm(diff))) {
      return undefined;
    }
    await parts.writeEntry(before, entry);
  }
  const modes = modesOfKey(config, chosenAgents(choices, agentIds));
  const text = await createKey(parts.keys, choices, modes);
  const url = baseUrlOf(entry, parts.gateway());
  const model = modelFor(choices, agentIds);
  const isListed =
    text === null ? undefined : await parts.tryOut({ baseUrl: url, key: text, model });
  return {
    changed,
    diff,
    key: { name: choices.keyName, text },
    url,
    model,
    curl: curlLine(url, text ?? "$PASSTHROUGH_KEY", model),
    works: isListed ?? null,
    notes,
  };
}

/** @returns its text; null if there is a key with this name already, which stays as it is. */
async function createKey(
  keys: InitParts["keys"],
  choices: Choices,
  modes: ReturnType<typeof modesOfKey>,
): Promise<string | null> {
  const all = await keys.list();
  if (all.some(({ name }) => name === choices.keyName)) {
    return null;
  }
  const { text } = await keys.create(choices.keyName, {
    modes: [...modes],
    ...(choices.agents === undefined ? {} : { agents: choices.agents.map(({ id }) => id) }),
  });
  return text;
}

/** With one agent its name is not needed. */
function modelFor({ agents }: Choices, agentIds: readonly string[]): string {
  const id = agents?.[0]?.id ?? agentIds[0];
  return agentIds.length < 2 || id === undefined ? "openclaw" : `openclaw/${id}`;
}
