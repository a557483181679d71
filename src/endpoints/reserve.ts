/** Asks the limits of a caller's key for what a request is expected to use. */
import type { RequestBody } from "../protocols/protocol.ts";
import type { MeteredCaller } from "./metered-caller.ts";
import { costUsd, expectedUsage } from "../quota/usage.ts";
import type { Candidate } from "../routing/candidates.ts";

interface Planned {
  readonly body: Pick<RequestBody, "value" | "byteLength">;
  /** The first one counts: it is the one that is tried. */
  readonly candidates: readonly Candidate[];
}

/** @throws RelayError `rate_limit_exceeded` or `insufficient_quota`. */
export async function reserve(
  { grant, meter }: MeteredCaller,
  { body, candidates }: Planned,
): Promise<void> {
  if (grant === undefined || meter === undefined) {
    return;
  }
  const usage = expectedUsage(body.value, body.byteLength);
  const [first] = candidates;
  // A target that can't be resolved costs nothing; the attempt reports why it can't be.
  const route = grant.hasBudget ? await first?.route().catch(() => undefined) : undefined;
  meter.reserve({
    tokens: usage.tokensIn + usage.tokensOut,
    usd: costUsd(usage, route?.cost),
  });
}
