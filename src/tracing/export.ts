/**
 * Exports spans by OpenTelemetry's SDK. This file and the SDK are a bundle of their own, which `tracing.ts` loads when
 * `otlp` is configured.
 */
import { hostname } from "node:os";
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from "@opentelemetry/api";
import { OTLPExporterBase } from "@opentelemetry/otlp-exporter-base";
import {
  createOtlpHttpExportDelegate,
  httpAgentFactoryFromOptions,
} from "@opentelemetry/otlp-exporter-base/node-http";
import {
  ProtobufTraceSerializer,
  TraceExporterMetricsHelper,
} from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import {
  ATTR_HOST_NAME,
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_VERSION,
} from "@opentelemetry/semantic-conventions/incubating";
import type { RequestEnd } from "../telemetry/events.ts";
import { type SpanRecord, spansOf } from "./spans.ts";
import type { SpanExport, SpanExportOptions } from "./tracing.ts";

/** The bundler replaces it (tsup.config.ts). */
const version = process.env["PASSTHROUGH_VERSION"] ?? "development";

/** Spans that wait or are on their way. Those of further requests are dropped. */
const maxPendingSpans = 4096;
const maxBatchSpans = 512;
/** How long spans wait for others. */
const batchDelayMs = 1000;
/** For one batch, with its retries. */
const exportWithinMs = 10_000;

export function createSpanExport(options: SpanExportOptions): SpanExport {
  const { endpoint, headers, onSent, onDropped } = options;
  const agentFor = httpAgentFactoryFromOptions({ keepAlive: true, maxSockets: 4 });
  let agent: Awaited<ReturnType<typeof agentFor>> | undefined;
  // Nothing is read from the environment: OTEL_EXPORTER_OTLP_HEADERS may hold a key for another collector.
  const exporter = new OTLPExporterBase<ReadableSpan[]>(
    createOtlpHttpExportDelegate(
      {
        url: tracesUrl(endpoint),
        headers: async () => ({ ...headers, "content-type": "application/x-protobuf" }),
        agentFactory: async (protocol) => (agent ??= await agentFor(protocol)),
        compression: "gzip",
        timeoutMillis: exportWithinMs,
        concurrencyLimit: 4,
        userAgent: `openclaw-passthrough/${version}`,
      },
      ProtobufTraceSerializer,
      "otlp_http_span_exporter",
      TraceExporterMetricsHelper,
      undefined,
    ),
  );
  let pendingSpans = 0;
  const counted: SpanExporter = {
    export(spans, done) {
      exporter.export(spans, (result) => {
        pendingSpans -= spans.length;
        if (result.error === undefined) {
          onSent(spans.length);
        } else {
          onDropped(spans.length, reasonOf(result.error));
        }
        done(result);
      });
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
  const ids = createChosenIds();
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      [ATTR_SERVICE_NAME]: "openclaw-passthrough",
      [ATTR_SERVICE_VERSION]: version,
      [ATTR_SERVICE_INSTANCE_ID]: crypto.randomUUID(),
      [ATTR_HOST_NAME]: hostname(),
    }),
    // What is not sampled does not come here.
    sampler: new AlwaysOnSampler(),
    idGenerator: ids,
    spanLimits: { attributeValueLengthLimit: 512, eventCountLimit: 128 },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: counted,
        maxQueueSize: maxPendingSpans,
        maxExportBatchSize: maxBatchSpans,
        scheduledDelayMillis: batchDelayMs,
        exportTimeoutMillis: 2 * exportWithinMs,
      }),
    ],
  });
  const tracer = provider.getTracer("openclaw-passthrough", version);

  const write = (span: SpanRecord, traceId: string, parentId: string | undefined) => {
    ids.choose(traceId, span.spanId);
    const parent =
      parentId === undefined
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, {
            traceId,
            spanId: parentId,
            traceFlags: TraceFlags.SAMPLED,
            isRemote: span.kind === SpanKind.SERVER,
          });
    const { name, kind, attributes, startMs, endMs, events, isError } = span;
    const written = tracer.startSpan(name, { kind, attributes, startTime: startMs }, parent);
    for (const event of events) {
      written.addEvent(event.name, event.attributes, event.atMs);
    }
    if (isError) {
      written.setStatus({ code: SpanStatusCode.ERROR });
    }
    written.end(endMs);
  };

  return {
    add(end: RequestEnd) {
      const { context } = end;
      if (context === undefined) {
        return;
      }
      const spans = spansOf(end, context.spanId);
      if (pendingSpans + spans.length > maxPendingSpans) {
        onDropped(spans.length, "too many spans wait");
        return;
      }
      pendingSpans += spans.length;
      for (const span of spans) {
        const isRequest = span.spanId === context.spanId;
        write(span, context.traceId, isRequest ? context.parentId : context.spanId);
      }
    },
    async stop() {
      await provider.shutdown().catch(() => undefined);
      agent?.destroy();
    },
  };
}

/** Gives spans the ids that were chosen when their request arrived, because the providers have seen them. */
function createChosenIds() {
  let next = { traceId: "", spanId: "" };
  return {
    choose(traceId: string, spanId: string) {
      next = { traceId, spanId };
    },
    generateTraceId: () => next.traceId,
    generateSpanId: () => next.spanId,
  };
}

function tracesUrl(endpoint: string): string {
  const base = endpoint.replace(/\/+$/, "");
  return base.endsWith("/v1/traces") ? base : `${base}/v1/traces`;
}

/** A code or a status, never the collector's words. */
function reasonOf(error: Error | undefined): string {
  const code = error !== undefined && "code" in error ? error.code : undefined;
  return typeof code === "number"
    ? `status ${code}`
    : typeof code === "string"
      ? code
      : "no answer in time";
}
