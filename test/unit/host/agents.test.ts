import { describe, expect, test } from "vitest";
import { fallbackRefs } from "../../../src/host/agents.ts";

/** The host's rules (`resolveAgentModelFallbacksOverride` in openclaw 2026.9.6). */
describe("the fallbacks of an agent", () => {
  const defaults = { primary: "a/1", fallbacks: ["b/2"] };

  test.each([
    ["no model: the defaults' fallbacks", undefined, defaults, ["b/2"]],
    ["a model as a string: none", "c/3", defaults, []],
    ["an object with fallbacks: those", { primary: "c/3", fallbacks: ["d/4"] }, defaults, ["d/4"]],
    ["an object with an empty list: none", { primary: "c/3", fallbacks: [] }, defaults, []],
    ["an object with only a primary: none", { primary: "c/3" }, defaults, []],
    [
      "only fallbacks: those, with the defaults' primary",
      { fallbacks: ["d/4"] },
      defaults,
      ["d/4"],
    ],
    ["an empty object: the defaults' fallbacks", {}, defaults, ["b/2"]],
    ["defaults as a string: none", undefined, "a/1", []],
    ["nothing anywhere: none", undefined, undefined, []],
  ])("%s", (_what, ofAgent, ofDefaults, expected) => {
    expect(fallbackRefs(ofAgent, ofDefaults)).toEqual(expected);
  });
});
