/** A credential that is skipped for a while, because its provider refused it. */
export interface RefusedCredential {
  readonly provider: string;
  /** The auth profile's id, or `config`. */
  readonly source: string;
  readonly status: 401;
  /** Milliseconds until it is used again. */
  readonly leftMs: number;
  /** Attempts that were skipped meanwhile. */
  readonly skipped: number;
}

/** The relay's current state towards its providers. */
export interface UpstreamGauges {
  /** Attempts under way. */
  readonly active: number;
  /** Attempts that wait for a provider's concurrency limit. */
  readonly queued: number;
  /** Attempts under way and waiting, by provider. */
  readonly providers: readonly {
    readonly provider: string;
    readonly active: number;
    readonly queued: number;
  }[];
  /** Every circuit that is not closed, by `provider/model`. */
  readonly circuits: readonly { readonly target: string; readonly state: "open" | "half-open" }[];
  /** `provider/model` of every circuit that is not closed. */
  readonly openCircuits: readonly string[];
  readonly refusedCredentials: readonly RefusedCredential[];
}
