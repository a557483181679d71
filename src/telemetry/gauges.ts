/** A provider's credential that is not used for a while, because the provider refused it. */
export interface RefusedCredential {
  readonly provider: string;
  /** The auth profile's id, or `config`. */
  readonly source: string;
  readonly status: 401;
  /** When it is used again. */
  readonly leftMs: number;
  /** Attempts that were passed over meanwhile. */
  readonly skipped: number;
}

/** How the relay stands towards its providers at this moment. */
export interface UpstreamGauges {
  /** Attempts under way. */
  readonly active: number;
  /** Attempts that wait for their turn. */
  readonly queued: number;
  /** `provider/model` of every circuit that is not closed. */
  readonly openCircuits: readonly string[];
  readonly refusedCredentials: readonly RefusedCredential[];
}
