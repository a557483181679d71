/** Meters a request of a virtual key: counts its usage against the key's limits and in the ledger. */
import type { TokenUsage } from "../answer/token-usage.ts";
import type { ModelCost } from "../routing/model-cost.ts";
import type { Grant } from "../access/grant.ts";
import type { Ledger } from "./ledger.ts";
import type { Admission, Charge, Limiter } from "./limiter.ts";
import { costUsd } from "./usage.ts";

/** A model call that was sent to its provider. */
interface ModelCall {
  readonly agent: string;
  /** `provider/model`. */
  readonly model: string;
  readonly usage: TokenUsage;
  /** Undefined if the model's price is unknown. */
  readonly cost: ModelCost | undefined;
}

export interface Meter {
  /** Whether a limit depends on tokens. The provider is then asked to report the usage of streams. */
  readonly countsTokens: boolean;
  /** Whether a limit depends on dollars, and so on the model's price. */
  readonly countsCost: boolean;
  /**
   * Reserves the request's expected usage.
   * @throws RelayError `rate_limit_exceeded` or `insufficient_quota`.
   */
  reserve(expected: Charge): void;
  /** Books a model call, whether the request succeeds or not. */
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
