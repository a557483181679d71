/** `GET /passthrough/metrics`: the relay's metrics, for Prometheus. */
import { requireScope, type Caller } from "../access/caller.ts";
import type { Endpoint } from "../http/route.ts";
import { contentTypes, formatFor, type MetricsFormat } from "../metrics/open-metrics.ts";
import { headerText } from "../text/header-fields.ts";

/** Writes the metrics of this moment. */
export type RenderMetrics = (format: MetricsFormat) => Promise<Buffer>;

/** Who asks more often than this gets the same text again, so that scrapes take no more than a small part of the thread. */
const minIntervalMs = 500;

/** @param now milliseconds from any origin. */
export function createMetrics(
  render: RenderMetrics,
  now: () => number = () => performance.now(),
): Endpoint<Caller> {
  const rendered = new Map<MetricsFormat, { readonly atMs: number; text: Promise<Buffer> }>();
  const current = (format: MetricsFormat): Promise<Buffer> => {
    const known = rendered.get(format);
    if (known !== undefined && now() - known.atMs < minIntervalMs) {
      return known.text;
    }
    const text = render(format);
    rendered.set(format, { atMs: now(), text });
    return text;
  };
  return async ({ request, caller, client }) => {
    requireScope(caller.scopes, "operator.read", "Reading metrics");
    const format = formatFor(headerText(request.headers["accept"]) ?? "");
    const text = await current(format);
    client.send(
      200,
      ["content-type", contentTypes[format], "cache-control", "no-store", "vary", "accept"],
      text,
    );
  };
}
