/** How a command calls a method of the running gateway. */

type GatewayAnswer =
  | { readonly kind: "answer"; readonly payload: unknown }
  /** Nothing listens where the config says that the gateway is. */
  | { readonly kind: "no-gateway" };

/** @throws Error when a gateway is there and refuses, or does not answer in time. */
export type GatewayCall = (
  method: string,
  parameters: Readonly<Record<string, unknown>>,
) => Promise<GatewayAnswer>;
