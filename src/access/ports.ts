/** Ports: what authentication needs from the gateway. */
import type { HeaderFields } from "../text/header-fields.ts";

/** The parts of a request that determine its client address. */
export interface AddressedRequest {
  readonly headers: HeaderFields;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

export interface OperatorSource {
  /**
   * Returns the scopes that the gateway has granted to the calling operator, such as `operator.write`. Must be called
   * before the first `await` of a request's handler.
   */
  operatorScopes(): readonly string[];
}

export interface ClientAddresses {
  /** Returns a request's client address, by the gateway's own rule for proxies (`gateway.trustedProxies`). */
  clientAddress(request: AddressedRequest): string;
}
