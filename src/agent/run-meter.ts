/** Books what an agent run takes: call by call, each under its own model. */
import type { AgentRunResult, RunStep } from "./run.ts";
import { tokenUsage } from "./usage.ts";
import type { TokenUsage } from "../answer/token-usage.ts";
import type { RouteSource } from "../routing/ports.ts";
import { modelName } from "../routing/route.ts";
import type { Meter } from "../quota/meter.ts";
import { estimatedUsage } from "../quota/usage.ts";

export interface RunMeter {
  note(step: RunStep): void;
  /** Waits until all is booked. @param result of a run that did not fail. */
  settle(result: AgentRunResult | undefined): Promise<void>;
}

export interface RunMeterOptions {
  readonly host: Pick<RouteSource, "route">;
  readonly agentId: string;
  readonly meter: Meter;
  /** Called each time something was booked. */
  readonly onBooked: () => void;
}

export function createRunMeter({ host, agentId, meter, onBooked }: RunMeterOptions): RunMeter {
  const costs = new Map<string, ReturnType<typeof costOf>>();
  /** The host tells which model was called, and not what that costs. */
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
  const bookings: Promise<void>[] = [];
  const book = (model: string, usage: TokenUsage) => {
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
        // So that the price is there when the call ends.
        void knownCost(model);
        return;
      }
      const { took } = step;
      if (took.kind === "counted") {
        book(model, took.usage);
      } else if (took.kind === "uncounted") {
        book(
          model,
          estimatedUsage({ ...took, expectedTokensOut: 0, eventBytes: undefined, isOver: true }),
        );
      }
    },
    async settle(result) {
      // Some of the host's runtimes report a run as a whole only.
      if (!hasCalls && result?.model !== undefined) {
        book(modelName(result.model), tokenUsage(result.usage));
      }
      await Promise.all(bookings);
    },
  };
}
