/** Passthrough mode: forwards the client's request to the provider and the provider's answer to the client. */
import type { ConfigSource } from "../config/source.ts";
import type { Forward } from "../upstream/forward-request.ts";
import type { Mode } from "./mode.ts";

export function createPassthrough(host: ConfigSource, forward: Forward): Mode {
  return async (request) => {
    request.keepAlive(host.config().sse.keepAliveMs);
    await forward(request);
  };
}
