/** Ports: what authentication needs from the gateway. */
import type { HeaderFields } from "../text/header-fields.ts";

/** What determines the client address of a request. */
export interface Peer {
  readonly headers: HeaderFields;
  /** The address at the other end of the connection; undefined once it is closed. */
  readonly remoteAddress: string | undefined;
}

export interface OperatorSource {
  /**
   * Returns the scopes that the gateway has granted to the calling operator, such as `operator.write`. Must be called
   * before the first `await` of a request's handler.
   */
  operatorScopes(): readonly string[];
}

/** The settings `gateway.trustedProxies` and `gateway.allowRealIpFallback` of the gateway. */
export interface ProxySettings {
  /** Addresses and CIDR ranges. An entry that is neither matches nothing. */
  readonly trustedProxies: readonly string[];
  /** Whether `x-real-ip` counts where `x-forwarded-for` names no client. */
  readonly allowRealIpFallback: boolean;
}

export interface ClientAddresses {
  /** Returns a request's client address, by the gateway's own rule for proxies (`gateway.trustedProxies`). */
  clientAddress(peer: Peer): string;
}
