/** Virtual keys that contradict the agents' settings or one another, or whose limits do not limit. Pure. */
import { listed, type Problem, quoted } from "../control/problems.ts";
import { modelName } from "../routing/route.ts";
import type { KeyFacts, ProblemFacts } from "./facts.ts";
import { budgetOf, mayAskFor, modeForKey, modeOf } from "./served-modes.ts";

/** Keys that refuse the mode which an agent of theirs has of its own. */
export function modeConflicts({ keys, config, agentIds }: ProblemFacts): Problem[] {
  return keys.flatMap(({ name, path, settings }): Problem[] => {
    const usable = agentIds.filter((id) => mayAskFor(settings, id));
    const refused = usable.filter((id) => modeForKey(config, settings, id) === undefined);
    const isUseless = refused.length === usable.length;
    // A key for all agents may well be meant for those with its modes.
    if (refused.length === 0 || (!isUseless && settings.agents === undefined)) {
      return [];
    }
    const wanted = [...new Set(refused.map((id) => modeOf(config, id)))];
    return [
      {
        severity: isUseless ? "error" : "warning",
        path: `${path}.modes`,
        message: `Requests of the key ${quoted(name)} to ${refused.length === 1 ? "agent" : "the agents"} ${listed(refused)} are refused: the key does not allow ${wanted.join(" or ")} mode.`,
        fix: `Add ${listed(wanted)} to it, or remove the agents from the key.`,
      },
    ];
  });
}

export function duplicateKeys({ keys }: ProblemFacts): Problem[] {
  return [
    ...duplicates(keys, {
      same: ({ sha256, previous }) => [sha256, previous?.sha256],
      setting: "sha256",
      message: "have the same digest, so only one of them is used",
      fix: "Remove one of them, and create a new key for it with `openclaw passthrough keys create`.",
    }),
    ...duplicates(keys, {
      same: ({ id }) => [id],
      setting: "id",
      message: "have the same id, so they share sessions, limits and usage",
      fix: "Give one of them another id.",
    }),
  ];
}

interface UniqueSetting {
  readonly same: (settings: KeyFacts["settings"]) => readonly (string | undefined)[];
  readonly setting: string;
  readonly message: string;
  readonly fix: string;
}

/** Keys that share a value which must be unique. */
function duplicates(
  all: readonly KeyFacts[],
  { same, setting, message, fix }: UniqueSetting,
): Problem[] {
  const firstWith = new Map<string, string>();
  return all.flatMap(({ name, path, settings }): Problem[] => {
    const values = same(settings).filter((value) => value !== undefined);
    const other = values.map((value) => firstWith.get(value)).find((found) => found !== undefined);
    for (const value of values) {
      firstWith.set(value, name);
    }
    return other === undefined
      ? []
      : [
          {
            severity: "error",
            path: `${path}.${setting}`,
            message: `The keys ${quoted(other)} and ${quoted(name)} ${message}.`,
            fix,
          },
        ];
  });
}

/** Keys with a budget that may use a model without a price: its usage costs the budget nothing. */
export function budgetProblems({ keys, agents }: ProblemFacts): Problem[] {
  return keys.flatMap(({ path, settings }): Problem[] => {
    const budget = budgetOf(settings);
    const free = new Set<string>();
    for (const [id, { targets = [] }] of agents) {
      for (const target of mayAskFor(settings, id) ? targets : []) {
        if (target.kind === "known" && !target.hasPrice) {
          free.add(modelName(target));
        }
      }
    }
    return budget === undefined || free.size === 0
      ? []
      : [
          {
            severity: "warning",
            path: `${path}.${budget}`,
            message: `The price of ${listed([...free])} is unknown or zero, so using it does not count against the key's budget.`,
            fix: "Set the model's `cost` in models.providers, or limit the key's tokens (`tokensPerMinute`).",
          },
        ];
  });
}
