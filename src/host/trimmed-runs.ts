/**
 * Agent runs whose system prompt the relay sets. The host's hook `before_prompt_build` passes it in; that hook runs in
 * another copy of this module than routes do (`shared-map.ts`).
 */
import type { OpenClawConfig, OpenClawPluginApi } from "openclaw/plugin-sdk/plugin-entry";
import type { AgentRun, TrimmedPrompt } from "../agent/run.ts";
import { RelayError } from "../errors.ts";
import { assertHooksAllowed } from "./hook-permission.ts";
import { sharedMap } from "./shared-map.ts";

export interface TrimmedRuns {
  /**
   * Runs a command, and makes sure that a trimmed run uses its prompt: it fails if the hooks are not allowed, and is
   * aborted if the host skips them.
   * @throws RelayError `hook_unavailable`, or what the command throws.
   */
  guard<R>(run: AgentRun, command: (signal: AbortSignal) => Promise<R>): Promise<R>;
}

interface Pending extends TrimmedPrompt {
  /** Whether the hook has passed the prompt to the host. */
  applied: boolean;
  readonly abort: () => void;
}

const pendingRuns = () => sharedMap<Pending>("trimmed-runs");

export function createTrimmedRuns(current: () => OpenClawConfig): TrimmedRuns {
  return {
    async guard(run, command) {
      const { trimmed, runId, signal } = run;
      if (trimmed === undefined) {
        return command(signal);
      }
      assertHooksAllowed(
        current(),
        "In this agent's light mode a turn is an agent run, and a hook sets its prompt",
      );
      const controller = new AbortController();
      const pending = {
        systemPrompt: trimmed.systemPrompt,
        // The host also limits the client's tools to this list.
        tools: [...trimmed.tools, ...run.tools.map((tool) => tool.function.name)],
        applied: false,
        abort: () => controller.abort(promptSkipped()),
      };
      pendingRuns().set(runId, pending);
      try {
        const result = await command(AbortSignal.any([signal, controller.signal]));
        controller.signal.throwIfAborted();
        if (!pending.applied) {
          throw promptSkipped();
        }
        return result;
      } catch (failure) {
        controller.signal.throwIfAborted();
        throw failure;
      } finally {
        pendingRuns().delete(runId);
      }
    },
  };
}

/** Registers the hooks that set the prompt and check it. Must be called in each copy of the plugin. */
export function registerPromptHooks(api: Pick<OpenClawPluginApi, "on">): void {
  api.on("before_prompt_build", (_event, { runId }) => {
    const pending = pendingRuns().get(runId ?? "");
    if (pending === undefined) {
      return undefined;
    }
    pending.applied = true;
    return { systemPrompt: pending.systemPrompt, toolsAllow: [...pending.tools] };
  });
  // The last hook before the model reads the prompt: check that it is ours.
  api.on("before_agent_run", (event, { runId }) => {
    const pending = pendingRuns().get(runId ?? "");
    if (
      pending === undefined ||
      (pending.applied && event.systemPrompt?.startsWith(pending.systemPrompt))
    ) {
      return { outcome: "pass" };
    }
    pending.abort();
    return { outcome: "block", reason: "the light prompt was not used" };
  });
}

function promptSkipped(): RelayError {
  return new RelayError(
    "hook_unavailable",
    "The host skipped the hook that sets the light prompt, so the run was ended. The hook's time limit is " +
      "plugins.entries.passthrough.hooks.timeouts.before_prompt_build. The agent's runtime must support prompt hooks.",
  );
}
