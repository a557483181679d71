/** Counts the usage of an agent run, call by call, and books each call of a virtual key under its own model. */
import type { AgentRunResult, RunStep } from "./run.ts";
import { tokenUsage } from "./usage.ts";
import { sumOfUsage, type TokenUsage } from "../answer/token-usage.ts";
import type { RouteSource } from "../routing/ports.ts";
import { modelName } from "../routing/route.ts";
import type { Meter } from "../quota/meter.ts";
import type { ModelRoute, Subscriber } from "../telemetry/events.ts";
import { costUsd, estimatedUsage } from "../quota/usage.ts";

/** What the model calls of a run used together. */
export interface RunUse {
  readonly usage: TokenUsage;
  /** US dollars, by the host's prices. */
  readonly costUsd: number;
}

export interface RunMeter {
  note(step: RunStep): void;
  /**
   * Waits until everything is booked.
   * @param result undefined if the run failed.
   * @returns what all calls used together; undefined if there were none.
   */
  settle(result: AgentRunResult | undefined): Promise<RunUse | undefined>;
}

export interface RunMeterOptions {
  readonly host: Pick<RouteSource, "route">;
  readonly agentId: string;
  /** Undefined for an operator, whose calls are counted and not booked. */
  readonly meter: Meter | undefined;
  readonly publish: Subscriber;
  /** Called after each booking. */
  readonly onBooked: () => void;
}

export function createRunMeter(options: RunMeterOptions): RunMeter {
  const { host, agentId, meter, publish, onBooked } = options;
  const costs = new Map<string, ReturnType<typeof costOf>>();
  /** Looks up a model's price, because the host reports which model was called but not its price. */
  const costOf = (model: string) =>
    host.route({ agentId, modelRef: model, namedBy: "agent" }).then(
      ({ cost }) => cost,
      () => undefined,
    );
  const knownCost = (model: string) => {
    const cost = costs.get(model) ?? costOf(model);
    costs.set(model, cost);
    return cost;
  };
  let hasCalls = false;
  let total: TokenUsage | undefined;
  let totalUsd = 0;
  const bookings: Promise<void>[] = [];
  const count = (route: ModelRoute, usage: TokenUsage) => {
    const model = modelName(route);
    total = sumOfUsage(total, usage);
    const booking = knownCost(model).then((cost) => {
      const usd = costUsd(usage, cost);
      totalUsd += usd;
      publish({ kind: "run-call-end", agentId, route, usage, costUsd: usd });
      meter?.book({ agent: agentId, model, usage, cost });
      onBooked();
    });
    bookings.push(booking);
  };
  return {
    note(step) {
      if (step.kind === "tool-called") {
        return;
      }
      hasCalls = true;
      const { provider, modelId } = step;
      const model = { provider, modelId };
      if (step.kind === "call-started") {
        // Look up the price now, so that it is known when the call ends.
        void knownCost(modelName(step));
        return;
      }
      const { took } = step;
      if (took.kind === "counted") {
        count(model, took.usage);
      } else if (took.kind === "uncounted") {
        count(
          model,
          estimatedUsage({ ...took, expectedTokensOut: 0, eventBytes: undefined, isOver: true }),
        );
      }
    },
    async settle(result) {
      // Some of the host's runtimes report only the run's total.
      if (!hasCalls && result?.model !== undefined) {
        count(result.model, tokenUsage(result.usage));
      }
      await Promise.all(bookings);
      return total && { usage: total, costUsd: totalUsd };
    },
  };
}
