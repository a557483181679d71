/** Runs an agent within its limits: lists the run in the status, books its model calls, aborts it beyond a limit. */
import type { AgentRun, AgentRunResult } from "./run.ts";
import type { Grant } from "../access/grant.ts";
import type { ConfigSource } from "../config/source.ts";
import type { Meter } from "../quota/meter.ts";
import type { RouteSource } from "../routing/ports.ts";
import type { AgentRunner } from "./ports.ts";
import { createRunLimits } from "./run-limits.ts";
import { createRunMeter, type RunUse } from "./run-meter.ts";
import type { Subscriber } from "../telemetry/events.ts";
import type { RunsUnderWay } from "../telemetry/runs-under-way.ts";

export interface BoundedRunParts {
  readonly host: AgentRunner & ConfigSource & Pick<RouteSource, "route">;
  readonly runsUnderWay: RunsUnderWay;
}

/** The agent that runs, and the virtual key that pays. */
interface RunOwner {
  readonly agentId: string;
  readonly grant: Grant | undefined;
  readonly meter: Meter | undefined;
  /** Told what the run used, also if it failed. */
  readonly onUse: (use: RunUse | undefined) => void;
  readonly publish: Subscriber;
}

/** @throws RelayError `agent_run_limit` or `insufficient_quota`, the signal's reason, or what the host throws. */
export async function boundedRun(
  { host, runsUnderWay }: BoundedRunParts,
  { agentId, grant, meter, onUse, publish }: RunOwner,
  run: AgentRun,
): Promise<AgentRunResult> {
  const limits = createRunLimits({
    config: host.config(),
    agentId,
    clientTools: new Set(run.tools.map((tool) => tool.function.name)),
    assertBudget: () => meter?.assertBudget(),
  });
  const runMeter = createRunMeter({
    host,
    agentId,
    meter,
    publish,
    onBooked: () => limits.noteBooked(),
  });
  const underWay = runsUnderWay.begin({ agent: agentId, key: grant?.name ?? null });
  let result: AgentRunResult | undefined;
  try {
    result = await host.runAgent({
      ...run,
      signal: AbortSignal.any([run.signal, limits.signal]),
      onStep(step) {
        run.onStep(step);
        if (step.kind === "call-started") {
          underWay.countCall();
        }
        runMeter.note(step);
        limits.note(step);
      },
    });
    // The host may return a partial result for an aborted run.
    limits.signal.throwIfAborted();
    return result;
  } finally {
    limits.end();
    underWay.end();
    onUse(await runMeter.settle(result));
  }
}
