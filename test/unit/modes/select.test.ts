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
  test("is set by the header, else by the agent, else by the endpoint", () => {
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

  test("falls back to the key's first mode for the endpoint's default, but not for a requested mode", () => {
    const allowed = ["passthrough", "light"] as const;
    expect(pick({ endpoint: "agent", allowed })).toBe("passthrough");
    expect(pick({ endpoint: "light", allowed })).toBe("light");
    expect(pick({ endpoint: "light", allowed: ["passthrough", "agent"] })).toBe("passthrough");
    expect(pick({ endpoint: "agent", allowed: ["light", "agent"] })).toBe("agent");
    expect(pick({ endpoint: "light", header: "0", allowed })).toBe("passthrough");
    const refused = expect.objectContaining({ code: "mode_not_allowed" });
    expect(() => pick({ agent: "agent", allowed })).toThrow(refused);
    expect(() => pick({ header: "1", allowed: ["passthrough"] })).toThrow(refused);
    expect(() => pick({ model: "local/m1", allowed: ["light"] })).toThrow(refused);
    expect(() => pick({ endpoint: "light", header: "0", allowed: ["light"] })).toThrow(refused);
  });

  test("is passthrough for a directly named model, whatever the other settings", () => {
    expect(pick({ endpoint: "light", agent: "light", header: "true", model: "local/m1" })).toBe(
      "passthrough",
    );
  });

  test("is refused for an invalid header value", () => {
    expect(() => pick({ header: "yes" })).toThrow(
      expect.objectContaining({ code: "invalid_header", param: "x-openclaw-light-context" }),
    );
  });
});
