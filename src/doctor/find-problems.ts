/** Finds problems of a configuration that satisfies its schema. Pure: plain facts in, a list for people out. */
import type { Problem } from "../control/problems.ts";
import { coreEndpointProblems, hookProblems, missingCapabilities } from "./gateway-problems.ts";
import { exposures } from "./exposures.ts";
import type { ProblemFacts } from "./facts.ts";
import { fileProblems } from "./file-problems.ts";
import { budgetProblems, duplicateKeys, modeConflicts } from "./key-settings.ts";
import { missingCredentials, promptProblems, unservedModels } from "./model-problems.ts";
import { danglingReferences } from "./references.ts";

/** Each finds the problems of one theme. The list has this order. */
const finders: readonly ((facts: ProblemFacts) => readonly Problem[])[] = [
  coreEndpointProblems,
  danglingReferences,
  hookProblems,
  missingCapabilities,
  promptProblems,
  missingCredentials,
  unservedModels,
  modeConflicts,
  duplicateKeys,
  budgetProblems,
  exposures,
  fileProblems,
];

export function findProblems(facts: ProblemFacts): readonly Problem[] {
  return finders.flatMap((find) => find(facts));
}
