import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { AgentRun } from "../../../src/agent/run.ts";
import { yieldingToReplacement } from "../../../src/host/plugin-replacement.ts";
import { agentRun } from "../../support/agent-run.ts";

const place = Symbol.for("openclaw.pluginInstanceInvocation");
const shared = globalThis as { [place: symbol]: unknown };
const invocation = new AsyncLocalStorage<{ instance: { acceptingCalls: boolean } }>();
beforeEach(() => {
  shared[place] = { invocation };
  vi.useFakeTimers();
});
afterEach(() => {
  delete shared[place];
  vi.useRealTimers();
});

/** Lasts until it is aborted, or ends after ten minutes. */
const waiting = ({ signal }: AgentRun) =>
  new Promise<string>((resolve, reject) => {
    setTimeout(() => resolve("answer"), 600_000);
    signal.addEventListener("abort", () => reject(signal.reason as Error));
  });

/** Executes a run in the context of a plugin that is being replaced. */
function atReplacement(execute: (run: AgentRun) => Promise<string>) {
  const instance = { acceptingCalls: true };
  const result = invocation.run({ instance }, () => yieldingToReplacement(agentRun(), execute));
  instance.acceptingCalls = false;
  const outcome = result.catch((failure: unknown) => failure);
  return { instance, outcome };
}

test("a run without a model yields to the plugin's replacement, and says when to come again", async () => {
  const { outcome } = atReplacement(waiting);
  await vi.advanceTimersByTimeAsync(2000);
  expect(await outcome).toMatchObject({
    code: "plugin_reloading",
    status: 503,
    headers: { "retry-after": "5" },
  });
  expect(vi.getTimerCount()).toBe(1);
});

test("a replacement that is given up within the grace period ends no run", async () => {
  const { instance, outcome } = atReplacement(waiting);
  await vi.advanceTimersByTimeAsync(1500);
  instance.acceptingCalls = true;
  await vi.advanceTimersByTimeAsync(600_000);
  expect(await outcome).toBe("answer");
  expect(vi.getTimerCount()).toBe(0);
});

test.each<[string, (run: AgentRun) => void]>([
  ["calls its model", (r) => r.onStep({ kind: "call-started", provider: "p", modelId: "m" })],
  [
    "writes text",
    (r) =>
      r.onText({ text: "a", delta: "a", itemId: undefined, replace: false, replaceable: false }),
  ],
])("a run that %s goes on", async (_title, begin) => {
  const { outcome } = atReplacement((given) => {
    begin(given);
    return waiting(given);
  });
  await vi.advanceTimersByTimeAsync(600_000);
  expect(await outcome).toBe("answer");
});

test("a partial answer of an aborted run is not taken for the answer", async () => {
  const { outcome } = atReplacement(async ({ signal }) => {
    await new Promise((resolve) => {
      signal.addEventListener("abort", resolve);
    });
    return "a part";
  });
  await vi.advanceTimersByTimeAsync(2000);
  expect(await outcome).toMatchObject({ code: "plugin_reloading" });
});

test.each([undefined, {}, { invocation: "changed" }])(
  "on a host that does not tell (%j), a run just runs",
  async (state) => {
    shared[place] = state;
    const { outcome } = atReplacement(waiting);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(await outcome).toBe("answer");
  },
);
