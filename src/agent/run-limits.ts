/** Aborts an agent run that takes too long, calls models too often, or has used up its key's budget. */
import type { RunStep } from "./run.ts";
import type { RelayConfig } from "../config/schema.ts";
import { asRelayError, RelayError } from "../errors.ts";

export interface RunLimitsOptions {
  readonly config: Pick<RelayConfig, "agent" | "agents">;
  readonly agentId: string;
  /** Names of the client's tools: a call to one of them ends the run. */
  readonly clientTools: ReadonlySet<string>;
  /** @throws RelayError if the key's budget is used up. */
  readonly assertBudget: () => void;
}

export interface RunLimits {
  /** Aborted with a RelayError when a limit is exceeded. */
  readonly signal: AbortSignal;
  /** Must be called for each step of the run. */
  note(step: RunStep): void;
  /** Must be called after each booking: the budget may be used up now. */
  noteBooked(): void;
  /** Stops the clock. */
  end(): void;
}

/**
 * Starts the clock. The call limit and the budget abort a run only if it needs another model call, so they never discard
 * a finished answer. The first call is exempt: the request was admitted for it.
 */
export function createRunLimits(options: RunLimitsOptions): RunLimits {
  const { config, agentId, clientTools, assertBudget } = options;
  const { maxRunMs, maxModelCalls } = { ...config.agent, ...ownLimits(config.agents[agentId]) };
  const controller = new AbortController();
  let calls = 0;
  let isCalling = false;
  /** Whether the run needs a model call after its first: one is under way, or a tool call requires it. */
  let needsAnotherCall = false;
  const timer =
    maxRunMs > 0
      ? setTimeout(
          () => controller.abort(exceeded("maxRunMs", `took longer than ${maxRunMs / 1000} s`)),
          maxRunMs,
        )
      : undefined;
  const check = () => {
    if (!needsAnotherCall) {
      return;
    }
    const wanted = isCalling ? calls : calls + 1;
    if (maxModelCalls > 0 && wanted > maxModelCalls) {
      controller.abort(exceeded("maxModelCalls", `needed more than ${maxModelCalls} model calls`));
      return;
    }
    try {
      assertBudget();
    } catch (failure) {
      controller.abort(asRelayError(failure));
    }
  };
  return {
    signal: controller.signal,
    note(step) {
      if (step.kind === "call-started") {
        calls += 1;
        isCalling = true;
        needsAnotherCall = calls > 1;
        check();
      } else if (step.kind === "call-ended") {
        isCalling = false;
        needsAnotherCall = false;
      } else if (!clientTools.has(step.name)) {
        needsAnotherCall = true;
        check();
      }
    },
    noteBooked: check,
    end: () => clearTimeout(timer),
  };
}

/** The limits that the agent's own config sets. */
function ownLimits(settings: RelayConfig["agents"][string] | undefined) {
  const { maxRunMs, maxModelCalls } = settings ?? {};
  return {
    ...(maxRunMs === undefined ? {} : { maxRunMs }),
    ...(maxModelCalls === undefined ? {} : { maxModelCalls }),
  };
}

/** `x-should-retry: false` keeps OpenAI's SDKs from retrying: a retry would repeat the whole run. */
function exceeded(setting: "maxRunMs" | "maxModelCalls", what: string): RelayError {
  return new RelayError(
    "agent_run_limit",
    `The agent's run ${what}, so it was ended. The gateway's operator can raise agent.${setting}, or agents.<id>.${setting} for one agent, ` +
      "in plugins.entries.passthrough.config.",
    { headers: { "x-should-retry": "false" } },
  );
}
