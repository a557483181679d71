import { describe, expect, test } from "vitest";
import { operator } from "../../../src/access/caller.ts";
import {
  type CandidateOrder,
  candidatesOf,
  configuredOrder,
  type TargetSources,
} from "../../../src/routing/candidates.ts";
import type { Route, Target } from "../../../src/routing/route.ts";

const targetOf = (modelRef: string): Target => ({ agentId: "main", modelRef, namedBy: "agent" });

/** An agent with three models, the first of which has an open circuit. */
function sourcesWith(order: CandidateOrder) {
  const resolved: string[] = [];
  const sources = {
    agents: () => ({ ids: ["main"], hostDefault: "main" }),
    agentTargets: () => ["a/down", "b/dear", "c/cheap"].map(targetOf),
    config: () => ({}),
    route: async ({ modelRef = "" }: Target) => {
      resolved.push(modelRef);
      const input = modelRef === "c/cheap" ? 1 : 10;
      return { modelId: modelRef, cost: { input } } as Route;
    },
    isHealthy: (route: Route) => route.modelId !== "a/down",
    order,
  } as unknown as TargetSources;
  return { sources, resolved };
}

const ask = async (sources: TargetSources) => {
  const selector = { kind: "agent", agent: { kind: "default" } } as const;
  const { candidates } = await candidatesOf(sources, operator([]), selector);
  return candidates;
};
const namesOf = (candidates: Awaited<ReturnType<typeof ask>>) =>
  candidates.map(({ target }) => target.modelRef);

describe("the candidates of an agent", () => {
  test("keep the configured order, and resolve no route before somebody asks", async () => {
    const { sources, resolved } = sourcesWith(configuredOrder);
    const candidates = await ask(sources);
    expect(namesOf(candidates)).toEqual(["a/down", "b/dear", "c/cheap"]);
    expect(resolved).toEqual([]);
    const [first] = candidates;
    expect(await first?.isHealthy()).toBe(false);
    expect(await first?.route()).toBe(await first?.route());
    expect(resolved).toEqual(["a/down"]);
  });

  test("can be ordered by price and health, each route resolved once", async () => {
    const cheapestHealthy: CandidateOrder = async (candidates) => {
      const known = await Promise.all(
        candidates.map(async (candidate) => {
          const [route, isHealthy] = await Promise.all([candidate.route(), candidate.isHealthy()]);
          return { candidate, rank: isHealthy ? (route.cost?.input ?? 0) : Infinity };
        }),
      );
      return known.toSorted((a, b) => a.rank - b.rank).map(({ candidate }) => candidate);
    };
    const { sources, resolved } = sourcesWith(cheapestHealthy);
    expect(namesOf(await ask(sources))).toEqual(["c/cheap", "b/dear", "a/down"]);
    expect(resolved).toHaveLength(3);
  });
});
