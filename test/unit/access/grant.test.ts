import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createGrant, type KeySettings } from "../../../src/access/grant.ts";

const grant = (settings: Partial<KeySettings> = {}) =>
  createGrant("bot", { id: "k1", modes: ["passthrough"], ...settings });
const allows = (patterns: string[], model: string) =>
  grant({ models: patterns }).mayNameModel(model);

describe("a grant without models", () => {
  test("allows all models of its agents, and none by name", () => {
    expect(grant()).toMatchObject({ limitsModels: false });
    expect(grant().mayUseModel("local/m1")).toBe(true);
    expect(grant().mayNameModel("local/m1")).toBe(false);
  });
});

test("a grant reads metrics only if its key says so", () => {
  expect(grant().readsMetrics).toBe(false);
  expect(grant({ metrics: false }).readsMetrics).toBe(false);
  expect(grant({ metrics: true }).readsMetrics).toBe(true);
});

describe("a pattern", () => {
  test.each([
    ["local/m1", "local/m1"],
    ["local/*", "local/m1"],
    ["local/*", "local/org/m1"],
    ["*", "local/m1"],
    ["*/m1", "local/m1"],
    ["local/m?", "local/m1"],
    ["**/m1", "a/b/m1"],
    ["local/m1.5", "local/m1.5"],
    ["local/*\n*", "local/a\nb"],
  ])("%j allows %j", (pattern, model) => {
    expect(allows([pattern], model)).toBe(true);
  });

  test.each([
    ["local/m1", "local/m10"],
    ["local/m1", "xlocal/m1"],
    ["local/m1", "LOCAL/M1"],
    ["local/m1.5", "local/m1x5"],
    ["local/m?", "local/m"],
    ["local/m?", "local/m12"],
    ["local/*", "locale/m1"],
    ["(local|cloud)/m1", "local/m1"],
    ["local/[a-z]1", "local/m1"],
    ["local/m1|.*", "cloud/c1"],
    ["local/m1$", "local/m1"],
    ["^local/m1", "local/m1"],
  ])("%j does not allow %j", (pattern, model) => {
    expect(allows([pattern], model)).toBe(false);
  });

  test("without a star or question mark matches only itself", () => {
    const text = fc.string({ unit: "binary" }).filter((raw) => !/[*?]/.test(raw));
    fc.assert(
      fc.property(text, text, (pattern, model) => {
        expect(allows([pattern], pattern)).toBe(true);
        expect(allows([pattern], model)).toBe(pattern === model);
      }),
    );
  });

  test("without wildcards spells a model out; one that only matches it does not", () => {
    const both = grant({ models: ["local/*", "cloud/c1"] });
    expect([both.spellsOut("cloud/c1"), both.spellsOut("local/m1")]).toEqual([true, false]);
    expect(grant().spellsOut("local/m1")).toBe(false);
  });

  test("allows a model if any of several patterns matches", () => {
    expect(allows(["local/*", "cloud/c1"], "cloud/c1")).toBe(true);
    expect(allows(["local/*", "cloud/c1"], "cloud/c2")).toBe(false);
  });
});

describe("agents", () => {
  test("are all if none are listed, and otherwise the listed ones, ignoring case", () => {
    expect(grant().mayUseAgent("bob")).toBe(true);
    const named = grant({ agents: ["Ada"] });
    expect([named.mayUseAgent("ada"), named.mayUseAgent("bob")]).toEqual([true, false]);
  });
});
