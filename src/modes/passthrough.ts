/** Passthrough: the client's bytes to the provider, the provider's bytes to the client. */
import type { Host } from "../host/host.ts";
import type { Mode, RelayCall } from "./mode.ts";

export function createPassthrough(host: Pick<Host, "config">, call: RelayCall): Mode {
  return (request) => {
    request.keepAlive(host.config().sse.keepAliveMs);
    return call(request);
  };
}
