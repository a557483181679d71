/** How the relay stands towards its providers at this moment. */
export interface UpstreamGauges {
  /** Attempts under way. */
  readonly active: number;
  /** Attempts that wait for their turn. */
  readonly queued: number;
  /** `provider/model` of every circuit that is not closed. */
  readonly openCircuits: readonly string[];
}
