import { describe, expect, test } from "vitest";
import { agentForModel, chooseAgent } from "../../../src/routing/agent.ts";

const one = { ids: ["main"], hostDefault: "main", configuredDefault: undefined };
const several = { ids: ["work", "home"], hostDefault: undefined, configuredDefault: undefined };

describe("the agent of a request", () => {
  test("is the one that is named", () => {
    expect(chooseAgent({ kind: "id", agentId: "home", param: "model" }, several)).toBe("home");
  });

  test("is the host's default, or ours where it is set", () => {
    expect(chooseAgent({ kind: "default" }, one)).toBe("main");
    expect(chooseAgent({ kind: "default" }, { ...several, configuredDefault: "Home" })).toBe(
      "home",
    );
  });

  test("that is unknown is refused by name", () => {
    expect(() => chooseAgent({ kind: "id", agentId: "nix", param: "model" }, several)).toThrow(
      expect.objectContaining({
        code: "model_not_found",
        message: expect.stringContaining('"nix"'),
      }),
    );
  });

  test("has to be chosen where there are several: the refusal lists them and names the key", () => {
    expect(() => chooseAgent({ kind: "default" }, several)).toThrow(
      expect.objectContaining({
        code: "agent_required",
        message: expect.stringMatching(/work, home.*passthrough\.config\.defaultAgent/),
      }),
    );
  });

  test("is refused the same way where our default is no agent", () => {
    expect(() => chooseAgent({ kind: "default" }, { ...one, configuredDefault: "gone" })).toThrow(
      expect.objectContaining({ code: "agent_required" }),
    );
  });

  test("does not matter to a model: without a default it is the first", () => {
    expect(agentForModel({ kind: "default" }, several)).toBe("work");
    expect(agentForModel({ kind: "default" }, { ...several, configuredDefault: "home" })).toBe(
      "home",
    );
    expect(() => agentForModel({ kind: "id", agentId: "x", param: "model" }, several)).toThrow(
      "no agent",
    );
  });
});
