/** Ends an agent run that takes too long, calls models too often, or has used up its key's budget. */
import type { RunStep } from "./run.ts";
import type { RelayConfig } from "../config/schema.ts";
import { asRelayError, RelayError } from "../errors.ts";

export interface RunLimitsOptions {
  readonly config: Pick<RelayConfig, "agent" | "agents">;
  readonly agentId: string;
  /** Names of the client's tools: a run that calls one of them ends with that call. */
  readonly clientTools: ReadonlySet<string>;
  /** @throws RelayError where the run may not call a model again. */
  readonly assertBudget: () => void;
}

export interface RunLimits {
  /** Aborted, with a RelayError, when the run has to end. */
  readonly signal: AbortSignal;
  /** To be told of each step. */
  note(step: RunStep): void;
  /** What calls have cost is booked now. */
  noteBooked(): void;
  /** The run is over. */
  end(): void;
}

/**
 * A limit on calls and a budget end a run between its model calls: an answer that is there already is not taken away.
 * The clock starts now.
 */
export function createRunLimits(options: RunLimitsOptions): RunLimits {
  const { config, agentId, clientTools, assertBudget } = options;
  const { maxRunMs, maxModelCalls } = { ...config.agent, ...given(config.agents[agentId]) };
  const ended = new AbortController();
  let calls = 0;
  let isCalling = false;
  /** Whether the run goes on after its last call that has ended. */
  let goesOn = false;
  const timer =
    maxRunMs > 0
      ? setTimeout(
          () => ended.abort(exceeded("maxRunMs", `took longer than ${maxRunMs / 1000} s`)),
          maxRunMs,
        )
      : undefined;
  const check = () => {
    if (!goesOn) {
      return;
    }
    const wanted = isCalling ? calls : calls + 1;
    if (maxModelCalls > 0 && wanted > maxModelCalls) {
      ended.abort(
        exceeded("maxModelCalls", `wanted more than ${maxModelCalls} calls of its models`),
      );
      return;
    }
    try {
      assertBudget();
    } catch (failure) {
      ended.abort(asRelayError(failure));
    }
  };
  return {
    signal: ended.signal,
    note(step) {
      if (step.kind === "call-started") {
        calls += 1;
        isCalling = true;
        goesOn = calls > 1;
        check();
      } else if (step.kind === "call-ended") {
        isCalling = false;
        goesOn = false;
      } else if (!clientTools.has(step.name)) {
        goesOn = true;
        check();
      }
    },
    noteBooked: check,
    end: () => clearTimeout(timer),
  };
}

/** What an agent's config says of its own. */
function given(settings: RelayConfig["agents"][string] | undefined) {
  const { maxRunMs, maxModelCalls } = settings ?? {};
  return {
    ...(maxRunMs === undefined ? {} : { maxRunMs }),
    ...(maxModelCalls === undefined ? {} : { maxModelCalls }),
  };
}

/** A client that tries again would have the same run again, so it is told not to. */
function exceeded(setting: "maxRunMs" | "maxModelCalls", what: string): RelayError {
  return new RelayError(
    "agent_run_limit",
    `The agent's run ${what} and was ended. Its operator can raise agent.${setting}, or agents.<id>.${setting} for one agent, ` +
      "in plugins.entries.passthrough.config.",
    { headers: { "x-should-retry": "false" } },
  );
}
