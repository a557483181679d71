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
/** The host reports the tools of the run. */
const tell = (names: readonly string[] | undefined) =>
  hooks.get("llm_input")?.({ runId: "run-1", tools: names?.map((name) => ({ name })) }, {});
/** Whether a tool call is allowed. */
const goesThrough = (toolName: string, context: object = { runId: "run-1" }) =>
  hooks.get("before_tool_call")?.({ toolName, params: {} }, context) === undefined;
const outcome = (run: Promise<unknown>) =>
  run.then(
    () => "served",
    (error: { code?: string }) => error.code,
  );

describe("a run with limited tools", () => {
  test("requests only its own tools and the client's, and can call no others", async () => {
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

  test("calls no tool before the host has reported its tools", async () => {
    const run = permitted().guard(runOf(["read"]), async () => {
      expect(goesThrough("read")).toBe(false);
    });
    expect(await outcome(run)).toBe("hook_unavailable");
  });

  test.each([
    ["gets too many tools", ["read", "exec"], [], "hook_unavailable"],
    ["gets a tool hidden by the client's", ["memory_search"], ["memory_search"], "invalid_body"],
    ["is not reported", undefined, [], "hook_unavailable"],
  ])("is aborted if it %s", async (_what, told, clientTools, code) => {
    const run = permitted().guard(runOf(["read"], clientTools), async (signal) => {
      tell(told);
      expect(signal.aborted).toBe(true);
      expect(goesThrough("read")).toBe(false);
      throw new Error("aborted");
    });
    expect(await outcome(run)).toBe(code);
  });

  test("is recognized by its session if a call does not name its run", async () => {
    await permitted().guard(runOf([]), async () => {
      tell([]);
      expect(goesThrough("exec", { sessionKey: "agent:main:key:1" })).toBe(false);
      expect(goesThrough("exec", { sessionKey: "agent:main:main" })).toBe(true);
    });
  });

  test.each([{}, { allowConversationAccess: true, allowPromptInjection: false }])(
    "is refused if the operator does not allow the hooks: %j",
    async (hooksAllowed) => {
      let ran = false;
      const run = permitted(hooksAllowed).guard(runOf([]), async () => {
        ran = true;
      });
      expect([await outcome(run), ran]).toEqual(["hook_unavailable", false]);
    },
  );
});

test("a run without limits, or one that has ended, does not restrict calls", async () => {
  await permitted({}).guard(runOf(undefined), async () => {
    tell(["exec"]);
    expect(goesThrough("exec")).toBe(true);
  });
  await permitted().guard(runOf([]), async () => void tell([]));
  expect(goesThrough("exec")).toBe(true);
});
