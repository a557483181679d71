import { describe, expect, test } from "vitest";
import { agentForModel, chooseAgent } from "../../../src/routing/agent.ts";

const one = { ids: ["main"], hostDefault: "main", configuredDefault: undefined };
const several = { ids: ["work", "home"], hostDefault: undefined, configuredDefault: undefined };

describe("the agent of a request", () => {
  test("is the named one", () => {
    expect(chooseAgent({ kind: "id", agentId: "home", param: "model" }, several)).toBe("home");
  });

  test("is the host's default, or ours if it is set", () => {
    expect(chooseAgent({ kind: "default" }, one)).toBe("main");
    expect(chooseAgent({ kind: "default" }, { ...several, configuredDefault: "Home" })).toBe(
      "home",
    );
  });

  test("is refused by name if it is unknown", () => {
    expect(() => chooseAgent({ kind: "id", agentId: "nix", param: "model" }, several)).toThrow(
      expect.objectContaining({
        code: "model_not_found",
        message: expect.stringContaining('"nix"'),
      }),
    );
  });

  test("must be named if there are several; the error lists them and names the setting", () => {
    expect(() => chooseAgent({ kind: "default" }, several)).toThrow(
      expect.objectContaining({
        code: "agent_required",
        message: expect.stringMatching(/work, home.*passthrough\.config\.defaultAgent/),
      }),
    );
  });

  test("must also be named if our default agent does not exist", () => {
    expect(() => chooseAgent({ kind: "default" }, { ...one, configuredDefault: "gone" })).toThrow(
      expect.objectContaining({ code: "agent_required" }),
    );
  });

  test("is the default or else the first for a directly named model", () => {
    expect(agentForModel({ kind: "default" }, several)).toBe("work");
    expect(agentForModel({ kind: "default" }, { ...several, configuredDefault: "home" })).toBe(
      "home",
    );
    expect(() => agentForModel({ kind: "id", agentId: "x", param: "model" }, several)).toThrow(
      "no agent",
    );
  });
});
