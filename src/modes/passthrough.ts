/** Passthrough: the client's bytes to the provider, the provider's bytes to the client. */
import type { ConfigSource } from "../config/source.ts";
import type { Forward } from "../upstream/forward-request.ts";
import type { Mode } from "./mode.ts";

export function createPassthrough(host: ConfigSource, forward: Forward): Mode {
  return (request) => {
    request.keepAlive(host.config().sse.keepAliveMs);
    return forward(request);
  };
}
