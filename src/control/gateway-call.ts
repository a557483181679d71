/** Port: how a command calls an RPC method of the running gateway. */

type GatewayAnswer =
  | { readonly kind: "answer"; readonly payload: unknown }
  /** Nothing listens at the gateway's configured address. */
  | { readonly kind: "no-gateway" };

/**
 * @param timeoutMs how long to wait for the answer; half an hour by default, because a method may go through a large store.
 * @throws Error if a gateway is running but refuses the call or does not answer in time.
 */
export type GatewayCall = (
  method: string,
  parameters: Readonly<Record<string, unknown>>,
  timeoutMs?: number,
) => Promise<GatewayAnswer>;
