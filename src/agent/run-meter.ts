/** Counts the usage of an agent run, call by call, and books each call of a virtual key under its own model. */
import type { AgentRunResult, RunStep } from "./run.ts";
import { tokenUsage } from "./usage.ts";
import { sumOfUsage, type TokenUsage } from "../answer/token-usage.ts";
import type { RouteSource } from "../routing/ports.ts";
import { modelName } from "../routing/route.ts";
import type { Meter } from "../quota/meter.ts";
import { estimatedUsage } from "../quota/usage.ts";

export interface RunMeter {
  note(step: RunStep): void;
  /**
   * Waits until everything is booked.
   * @param result undefined if the run failed.
   * @returns what all calls used together; undefined if there were none.
   */
  settle(result: AgentRunResult | undefined): Promise<TokenUsage | undefined>;
}

export interface RunMeterOptions {
  readonly host: Pick<RouteSource, "route">;
  readonly agentId: string;
  /** Undefined for an operator, whose calls are counted and not booked. */
  readonly meter: Meter | undefined;
  /** Called after each booking. */
  readonly onBooked: () => void;
}

export function createRunMeter({ host, agentId, meter, onBooked }: RunMeterOptions): RunMeter {
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
  const bookings: Promise<void>[] = [];
  const count = (model: string, usage: TokenUsage) => {
    total = sumOfUsage(total, usage);
    if (meter === undefined) {
      return;
    }
    const booking = knownCost(model).then((cost) => {
      meter.book({ agent: agentId, model, usage, cost });
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
      const model = modelName(step);
      if (step.kind === "call-started") {
        if (meter !== undefined) {
          // Look up the price now, so that it is known when the call ends.
          void knownCost(model);
        }
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
        count(modelName(result.model), tokenUsage(result.usage));
      }
      await Promise.all(bookings);
      return total;
    },
  };
}
