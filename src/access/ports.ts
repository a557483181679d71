/** What authentication asks the gateway. */
import type { HeaderFields } from "../text/header-fields.ts";

/** A request, as far as it says where it comes from. */
export interface AddressedRequest {
  readonly headers: HeaderFields;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

export interface OperatorSource {
  /**
   * The scopes of the operator who is calling, as the gateway has established, such as `operator.write`. Must be called before
   * the first `await` of a request's handler.
   */
  operatorScopes(): readonly string[];
}

export interface ClientAddresses {
  /** The address that a request comes from, by the gateway's own rule for proxies (`gateway.trustedProxies`). */
  clientAddress(request: AddressedRequest): string;
}
