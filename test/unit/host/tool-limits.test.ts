import { describe, expect, test } from "vitest";
import type { AgentRun } from "../../../src/agent/run.ts";
import {
  allowedTools,
  createToolLimits,
  registerToolHooks,
} from "../../../src/host/tool-limits.ts";

type Handler = (event: object, context: object) => unknown;
const hooks = new Map<string, Handler>();
registerToolHooks({
  on: ((name: string, handler: Handler) => void hooks.set(name, handler)) as never,
});
const permitted = (hooksAllowed: object = { allowConversationAccess: true }) =>
  createToolLimits(() => ({ plugins: { entries: { passthrough: { hooks: hooksAllowed } } } }));
const clientTool = (name: string) => ({ type: "function" as const, function: { name } });

const runOf = (hostTools: readonly string[] | undefined, clientTools: readonly string[] = []) =>
  ({
    runId: "run-1",
    sessionKey: "agent:main:key:1",
    hostTools,
    tools: clientTools.map(clientTool),
    signal: new AbortController().signal,
  }) as unknown as AgentRun;
/** The host tells which of its tools the run has. */
const tell = (names: readonly string[] | undefined) =>
  hooks.get("llm_input")?.({ runId: "run-1", tools: names?.map((name) => ({ name })) }, {});
/** Whether the model's call of a tool goes through. */
const goesThrough = (toolName: string, context: object = { runId: "run-1" }) =>
  hooks.get("before_tool_call")?.({ toolName, params: {} }, context) === undefined;
const outcome = (run: Promise<unknown>) =>
  run.then(
    () => "served",
    (error: { code?: string }) => error.code,
  );

describe("a run with limited tools", () => {
  test("asks the host for its own tools and the client's, and may call these only", async () => {
    const run = runOf(["read"], ["get_weather"]);
    expect(allowedTools(run)).toEqual(["read", "get_weather"]);
    const called = await permitted().guard(run, async () => {
      tell(["read", "tool_search", "tool_search_code"]);
      return ["read", "READ", "get_weather", "tool_call", "exec", "tool_search_code", ""].map(
        (name) => goesThrough(name),
      );
    });
    expect(called).toEqual([true, true, true, true, false, false, false]);
  });

  test("calls nothing before the host has told which tools it has", async () => {
    const run = permitted().guard(runOf(["read"]), async () => {
      expect(goesThrough("read")).toBe(false);
    });
    expect(await outcome(run)).toBe("hook_unavailable");
  });

  test.each([
    ["has more than it may", ["read", "exec"], [], "hook_unavailable"],
    ["has a tool that the client's hides", ["memory_search"], ["memory_search"], "invalid_body"],
    ["is not told of", undefined, [], "hook_unavailable"],
  ])("is given up where it %s", async (_what, told, clientTools, code) => {
    const run = permitted().guard(runOf(["read"], clientTools), async (signal) => {
      tell(told);
      expect(signal.aborted).toBe(true);
      expect(goesThrough("read")).toBe(false);
      throw new Error("aborted");
    });
    expect(await outcome(run)).toBe(code);
  });

  test("is recognized by its session, where a call does not name its run", async () => {
    await permitted().guard(runOf([]), async () => {
      tell([]);
      expect(goesThrough("exec", { sessionKey: "agent:main:key:1" })).toBe(false);
      expect(goesThrough("exec", { sessionKey: "agent:main:main" })).toBe(true);
    });
  });

  test.each([{}, { allowConversationAccess: true, allowPromptInjection: false }])(
    "is refused where the operator does not allow hooks: %j",
    async (hooksAllowed) => {
      let ran = false;
      const run = permitted(hooksAllowed).guard(runOf([]), async () => {
        ran = true;
      });
      expect([await outcome(run), ran]).toEqual(["hook_unavailable", false]);
    },
  );
});

test("a run without a limit, and one that is over, is none of this", async () => {
  await permitted({}).guard(runOf(undefined), async () => {
    tell(["exec"]);
    expect(goesThrough("exec")).toBe(true);
  });
  await permitted().guard(runOf([]), async () => void tell([]));
  expect(goesThrough("exec")).toBe(true);
});
