/** Measures what a request of a virtual key uses: against the key's limits, and into the books. */
import type { TokenUsage } from "../answer/token-usage.ts";
import type { ModelCost } from "../routing/model-cost.ts";
import type { Grant } from "../access/grant.ts";
import type { Ledger } from "./ledger.ts";
import type { Admission, Charge, Limiter } from "./limiter.ts";
import { costUsd } from "./usage.ts";

/** A call of a model that has gone to its provider. */
interface ModelCall {
  readonly agent: string;
  /** `provider/model`. */
  readonly model: string;
  readonly usage: TokenUsage;
  /** Undefined where nobody knows the model's price. */
  readonly cost: ModelCost | undefined;
}

export interface Meter {
  /** Whether a limit depends on tokens, so that a stream's provider is to report them. */
  readonly countsTokens: boolean;
  /** Whether a limit depends on dollars, so that the model's price matters. */
  readonly countsCost: boolean;
  /**
   * Reserves what the request is expected to use.
   * @throws RelayError `rate_limit_exceeded` or `insufficient_quota`.
   */
  reserve(expected: Charge): void;
  /** Books a model call, whatever became of the request. */
  book(call: ModelCall): void;
  /** @throws RelayError `insufficient_quota` once the key's budget is used up. */
  assertBudget(): void;
}

export interface MeterParts {
  readonly grant: Grant;
  readonly admission: Admission;
  readonly limiter: Limiter;
  readonly ledger: Ledger;
}

export function createMeter({ grant, admission, limiter, ledger }: MeterParts): Meter {
  return {
    countsTokens: grant.countsTokens,
    countsCost: grant.hasBudget,
    reserve: admission.reserve,
    book({ agent, model, usage, cost }) {
      admission.book(usage.tokensIn + usage.tokensOut);
      ledger.book({ keyId: grant.id, agent, model }, usage, costUsd(usage, cost));
    },
    assertBudget: () => limiter.assertBudget(grant),
  };
}
