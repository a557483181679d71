import { describe, expect, test } from "vitest";
import { type ModeName, selectMode } from "../../../src/modes/select.ts";
import { parseSelector } from "../../../src/routing/selector.ts";

const pick = (options: {
  endpoint?: ModeName;
  agent?: ModeName;
  header?: string;
  model?: string;
  allowed?: readonly ModeName[];
}) =>
  selectMode({
    config: {
      mode: options.endpoint ?? "passthrough",
      agents: options.agent === undefined ? {} : { voice: { mode: options.agent } },
    },
    selector: parseSelector(options.model, {}),
    agentId: "voice",
    allowed: options.allowed,
    headers: { "x-openclaw-light-context": options.header },
  });

describe("the mode of a request", () => {
  test("is the endpoint's, the agent's before it, and the header's before both", () => {
    expect(pick({})).toBe("passthrough");
    expect(pick({ endpoint: "light" })).toBe("light");
    expect(pick({ endpoint: "light", agent: "passthrough" })).toBe("passthrough");
    expect(pick({ agent: "light" })).toBe("light");
    for (const header of ["true", "1", "TRUE"]) {
      expect(pick({ agent: "passthrough", header })).toBe("light");
      expect(pick({ endpoint: "agent", agent: "agent", header })).toBe("light");
    }
    for (const header of ["false", "0"]) {
      expect(pick({ endpoint: "light", agent: "light", header })).toBe("agent");
      expect(pick({ endpoint: "passthrough", agent: "light", header })).toBe("passthrough");
      expect(pick({ endpoint: "agent", agent: "passthrough", header })).toBe("passthrough");
    }
  });

  test("is one that the key allows: its own first one for the endpoint's, and no other for what was asked", () => {
    const allowed = ["passthrough", "light"] as const;
    expect(pick({ endpoint: "agent", allowed })).toBe("passthrough");
    expect(pick({ endpoint: "light", allowed })).toBe("light");
    expect(pick({ endpoint: "agent", allowed: ["light", "agent"] })).toBe("agent");
    expect(pick({ endpoint: "light", header: "0", allowed })).toBe("passthrough");
    const refused = expect.objectContaining({ code: "mode_not_allowed" });
    expect(() => pick({ agent: "agent", allowed })).toThrow(refused);
    expect(() => pick({ header: "1", allowed: ["passthrough"] })).toThrow(refused);
    expect(() => pick({ model: "local/m1", allowed: ["light"] })).toThrow(refused);
    expect(() => pick({ endpoint: "light", header: "0", allowed: ["light"] })).toThrow(refused);
  });

  test("is passthrough for a model that is named directly, whatever else is said", () => {
    expect(pick({ endpoint: "light", agent: "light", header: "true", model: "local/m1" })).toBe(
      "passthrough",
    );
  });

  test("is not guessed from a header that makes no sense", () => {
    expect(() => pick({ header: "yes" })).toThrow(
      expect.objectContaining({ code: "invalid_header", param: "x-openclaw-light-context" }),
    );
  });
});
