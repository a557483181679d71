/**
 * Limits an agent run to some of the host's tools. A run beyond its limit could read files, run commands and send messages,
 * so there are three lines of defence:
 *
 * 1. `toolsAllow` gives the host the run's tools, so the model sees no others.
 * 2. The hook `llm_input` reports the run's host tools just before each model call. A run that has any other tool is
 *    aborted, and so is one whose tools the host does not report.
 * 3. The hook `before_tool_call` blocks any other tool, and every tool until `llm_input` has run.
 *
 * Hooks run in another copy of this module than routes do (`shared-map.ts`).
 */
import type { OpenClawConfig, OpenClawPluginApi } from "openclaw/plugin-sdk/plugin-entry";
import { refusal } from "../protocols/core-error.ts";
import type { AgentRun } from "../agent/run.ts";
import { isRecord } from "../text/json.ts";
import { RelayError } from "../errors.ts";
import { assertHooksAllowed } from "./hook-permission.ts";
import { sharedMap } from "./shared-map.ts";

export interface ToolLimits {
  /**
   * Runs a command, and makes sure that the run has no host tools except `run.hostTools`.
   * @throws RelayError `hook_unavailable` or `invalid_body`, or what the command throws.
   */
  guard<R>(run: AgentRun, command: (signal: AbortSignal) => Promise<R>): Promise<R>;
}

interface LimitedRun {
  readonly sessionKey: string;
  /** In lower case, as the host compares names. */
  readonly hostTools: ReadonlySet<string>;
  readonly clientTools: ReadonlySet<string>;
  /** Whether the host has reported the run's tools, and all of them are allowed. */
  areToolsVerified: boolean;
  readonly abort: (reason: RelayError) => void;
}

/** Limited runs under way, by run id. */
const limitedRuns = () => sharedMap<LimitedRun>("limited-runs");

/** Host tools that find and call other tools. Always allowed: `before_tool_call` also checks the tool that they call. */
const searchTools: ReadonlySet<string> = new Set(["tool_search", "tool_describe", "tool_call"]);
/** Runs code that calls tools. The host always lists it; the model sees it only if `tools.toolSearch.mode` is `code`. */
const searchByCode = "tool_search_code";

/** The run's `toolsAllow`; undefined for no limit. It includes the client's tools, because the host limits those too. */
export function allowedTools({ hostTools, tools }: AgentRun): string[] | undefined {
  return hostTools && [...hostTools, ...tools.map((tool) => tool.function.name)];
}

export function createToolLimits(current: () => OpenClawConfig): ToolLimits {
  return {
    async guard(run, command) {
      const { hostTools, runId, signal, sessionKey } = run;
      if (hostTools === undefined) {
        return command(signal);
      }
      assertHooksAllowed(
        current(),
        "A hook limits a virtual key's agent runs to the key's own tools of the host (`tools`)",
      );
      const controller = new AbortController();
      const limited: LimitedRun = {
        sessionKey,
        hostTools: lowerCase(hostTools),
        clientTools: lowerCase(run.tools.map((tool) => tool.function.name)),
        areToolsVerified: false,
        abort: (reason) => controller.abort(reason),
      };
      limitedRuns().set(runId, limited);
      try {
        const result = await command(AbortSignal.any([signal, controller.signal]));
        controller.signal.throwIfAborted();
        if (!limited.areToolsVerified) {
          throw toolsNotReported();
        }
        return result;
      } catch (failure) {
        controller.signal.throwIfAborted();
        throw failure;
      } finally {
        limitedRuns().delete(runId);
      }
    },
  };
}

/** Registers the hooks that enforce the limits. Must be called in each copy of the plugin. */
export function registerToolHooks(api: Pick<OpenClawPluginApi, "on">): void {
  api.on("llm_input", (event) => {
    const run = limitedRuns().get(event.runId);
    if (run === undefined) {
      return;
    }
    const { tools } = event;
    if (tools === undefined) {
      run.areToolsVerified = false;
      run.abort(toolsNotReported());
      return;
    }
    const excess = tools.map(nameOf).filter((name) => !isListed(run, name));
    run.areToolsVerified = excess.length === 0;
    if (!run.areToolsVerified) {
      run.abort(excessTools(run, excess));
    }
  });
  api.on("before_tool_call", (event, context) => {
    const run = limitedRunOf(context.runId ?? event.runId, context.sessionKey);
    return run === undefined || mayCall(run, event.toolName.toLowerCase())
      ? undefined
      : { block: true, blockReason: "The virtual key of this run does not allow this tool." };
  });
}

/** Finds the run of a tool call, by its session if the call names no run. */
function limitedRunOf(
  runId: string | undefined,
  sessionKey: string | undefined,
): LimitedRun | undefined {
  const runs = limitedRuns();
  return runId === undefined
    ? [...runs.values()].find((run) => run.sessionKey === sessionKey)
    : runs.get(runId);
}

function mayCall({ areToolsVerified, hostTools, clientTools }: LimitedRun, name: string): boolean {
  return (
    areToolsVerified && (hostTools.has(name) || clientTools.has(name) || searchTools.has(name))
  );
}

/** Whether the host may list this tool for the run. The host adds `apply_patch` to any run that has `write`. */
function isListed({ hostTools }: LimitedRun, name: string): boolean {
  return (
    hostTools.has(name) ||
    searchTools.has(name) ||
    name === searchByCode ||
    (name === "apply_patch" && hostTools.has("write"))
  );
}

function nameOf(tool: unknown): string {
  return isRecord(tool) && typeof tool["name"] === "string" ? tool["name"].toLowerCase() : "";
}

function lowerCase(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.map((name) => name.toLowerCase()));
}

function excessTools({ clientTools }: LimitedRun, excess: readonly string[]): RelayError {
  const taken = excess.find((name) => clientTools.has(name));
  return taken === undefined
    ? new RelayError(
        "hook_unavailable",
        "The host gave this run tools that its virtual key does not allow, so the run was ended before its model was called.",
      )
    : refusal(
        `Invalid tools/tool_choice: the agent already has a tool named ${JSON.stringify(taken)}; rename yours`,
      );
}

function toolsNotReported(): RelayError {
  return new RelayError(
    "hook_unavailable",
    "The host did not report this run's tools, so the run was ended. For virtual keys, the agent's runtime must support the hook `llm_input`. " +
      'A key with `tools: "agent"` has all of the agent\'s tools and does not need it.',
  );
}
