import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSelector } from "../../../src/routing/selector.ts";

const agent = (agentId: string, param = "model") => ({
  kind: "agent",
  agent: { kind: "id", agentId, param },
});

describe("the selector", () => {
  test.each([undefined, "openclaw", "OpenClaw", "openclaw/default"])(
    "%s selects the default agent",
    (model) => {
      expect(parseSelector(model, {})).toEqual({ kind: "agent", agent: { kind: "default" } });
    },
  );

  test.each(["openclaw/Work", "openclaw:work", "agent:work", "AGENT:WORK"])(
    "%s selects the agent work",
    (model) => {
      expect(parseSelector(model, {})).toEqual(agent("work"));
    },
  );

  test("keeps an invalid agent id as written, so no agent matches", () => {
    expect(parseSelector("openclaw/No Such", {})).toEqual(agent("No Such"));
  });

  test("treats anything else as a model, including slashes and colons", () => {
    for (const raw of ["local/qwen3.5:27b", "openrouter/anthropic/claude", "fast"]) {
      expect(parseSelector(raw, {})).toEqual({
        kind: "model",
        agent: { kind: "default" },
        raw,
        param: "model",
      });
    }
  });

  test("prefers x-openclaw-agent-id, then x-openclaw-agent, then the model", () => {
    const both = { "x-openclaw-agent-id": "A", "x-openclaw-agent": "b" };
    expect(parseSelector("openclaw/c", both)).toEqual(agent("a", "x-openclaw-agent-id"));
    expect(parseSelector("openclaw/c", { "x-openclaw-agent": "b" })).toEqual(
      agent("b", "x-openclaw-agent"),
    );
    expect(parseSelector("openclaw/c", { "x-openclaw-agent-id": " " })).toEqual(agent("c"));
  });

  test("lets x-openclaw-model replace the model and keep the agent", () => {
    expect(parseSelector("openclaw/c", { "x-openclaw-model": "local/m" })).toEqual({
      kind: "model",
      agent: { kind: "id", agentId: "c", param: "model" },
      raw: "local/m",
      param: "x-openclaw-model",
    });
  });

  test("refuses an overlong name without repeating it", () => {
    const long = "x".repeat(513);
    expect(parseSelector(`a/${long.slice(3)}`, {})).toMatchObject({ kind: "model" });
    for (const [model, headers] of [
      [`a/${long}`, {}],
      [`openclaw/${long}`, {}],
      ["openclaw", { "x-openclaw-model": long }],
      ["openclaw", { "x-openclaw-agent-id": long }],
      ["openclaw", { "x-openclaw-agent": long }],
    ] as const) {
      const refused = () => parseSelector(model, headers);
      expect(refused).toThrow(expect.objectContaining({ code: "model_not_found" }));
      expect(refused).not.toThrow(/xxx/);
    }
  });

  test("finds every valid agent id in each spelling", () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,63}$/).filter((id) => id !== "default"),
        fc.constantFrom("openclaw/", "openclaw:", "agent:"),
        (id, prefix) => {
          expect(parseSelector(`${prefix}${id}`, {})).toEqual(agent(id));
        },
      ),
    );
  });
});
