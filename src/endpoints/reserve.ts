/** Asks the limits of a caller's key for what a request is expected to use. */
import type { RequestBody } from "../protocols/protocol.ts";
import type { RouteSource } from "../routing/ports.ts";
import type { MeteredCaller } from "./metered-caller.ts";
import { costUsd, expectedUsage } from "../quota/usage.ts";
import type { Target } from "../routing/route.ts";

interface Planned {
  readonly body: Pick<RequestBody, "value" | "byteLength">;
  /** The first one counts: it is the one that is tried. */
  readonly targets: readonly Target[];
}

/** @throws RelayError `rate_limit_exceeded` or `insufficient_quota`. */
export async function reserve(
  host: Pick<RouteSource, "route">,
  { grant, meter }: MeteredCaller,
  { body, targets }: Planned,
): Promise<void> {
  if (grant === undefined || meter === undefined) {
    return;
  }
  const usage = expectedUsage(body.value, body.byteLength);
  const [target] = targets;
  const isPriced = grant.hasBudget && target !== undefined;
  // A target that can't be resolved costs nothing; the attempt reports why it can't be.
  const route = isPriced ? await host.route(target).catch(() => undefined) : undefined;
  meter.reserve({
    tokens: usage.tokensIn + usage.tokensOut,
    usd: costUsd(usage, route?.cost),
  });
}
