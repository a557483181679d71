/** Traces requests where `otlp` is configured. Elsewhere it costs one comparison a request, and loads nothing. */
import { isDeepStrictEqual } from "node:util";
import type { OtlpSettings } from "../config/schema.ts";
import { plainSecrets } from "../config/secrets.ts";
import { waitAtMost } from "../resilience/wait-at-most.ts";
import { createFolds } from "../telemetry/folds.ts";
import type { Logger } from "../telemetry/log.ts";
import type { RequestEnd, Subscriber } from "../telemetry/events.ts";
import { createTraceContext, type TraceContext } from "../telemetry/trace-context.ts";

export interface Tracing {
  readonly subscriber: Subscriber;
  /** Places a request in its trace; undefined while no spans are exported. */
  readonly begin: (
    traceparent: string | string[] | undefined,
    requestId: string,
  ) => TraceContext | undefined;
  /** Follows a change of the settings. */
  look(): void;
  /** Null while no spans are exported. */
  status(): TracingStatus | null;
  /** Sends what waits, for at most two seconds. */
  stop(): Promise<void>;
}

/** Counts since the start of the thread. */
export interface TracingStatus {
  readonly sentSpans: number;
  /** Spans that found no room, or no collector. */
  readonly droppedSpans: number;
}

export interface SpanExportOptions {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly onSent: (spans: number) => void;
  readonly onDropped: (spans: number, reason: string) => void;
}

export interface SpanExport {
  /** Takes the request's spans. Never throws, and waits for nothing. */
  add(end: RequestEnd): void;
  /** Sends what waits. */
  stop(): Promise<void>;
}

export type LoadSpanExport = () => Promise<{
  readonly createSpanExport: (options: SpanExportOptions) => SpanExport;
}>;

export interface TracingParts {
  readonly settings: () => OtlpSettings | undefined;
  /** Loads the SDK. */
  readonly load?: LoadSpanExport;
  readonly logger: Pick<Logger, "warn">;
}

/** Requests that may end before the SDK is loaded. */
const maxEarly = 1000;
/** How long a stop waits for the collector. */
const stopWithinMs = 2000;

/** The bundler makes it a file of its own (tsup.config.ts). */
const loadSdk: LoadSpanExport = () => import("./export.ts");

export function createTracing({ settings, load = loadSdk, logger }: TracingParts): Tracing {
  const counts = { sentSpans: 0, droppedSpans: 0 };
  const folds = createFolds({ write: logger.warn });
  let active: ActiveExport | undefined;

  const start = (wanted: OtlpSettings): ActiveExport => {
    const { origin } = new URL(wanted.endpoint);
    const onDropped = (spans: number, reason: string) => {
      counts.droppedSpans += spans;
      const what = `spans for ${origin} were dropped (${reason})`;
      folds.add(what, `passthrough: ${what}`);
    };
    const headers = plainSecrets(wanted.headers);
    if (headers === undefined) {
      logger.warn(
        "passthrough: no spans are exported, because the gateway could not resolve a secret of otlp.headers. Check the reference, or write the value.",
      );
    }
    return {
      settings: wanted,
      sampleRatio: wanted.sampleRatio,
      export:
        headers === undefined
          ? undefined
          : lateExport(load, {
              endpoint: wanted.endpoint,
              headers,
              onSent: (spans) => {
                counts.sentSpans += spans;
              },
              onDropped,
            }),
    };
  };

  const look = () => {
    const wanted = settings();
    if (isDeepStrictEqual(wanted, active?.settings)) {
      return;
    }
    void active?.export?.stop();
    try {
      active = wanted === undefined ? undefined : start(wanted);
    } catch {
      active = undefined;
      logger.warn("passthrough: no spans are exported, because otlp.endpoint is not a URL.");
    }
  };
  look();

  return {
    subscriber: (event) => {
      if (event.kind === "request-end" && event.context?.isSampled === true) {
        active?.export?.add(event);
      }
    },
    begin: (traceparent, requestId) =>
      active?.export === undefined
        ? undefined
        : createTraceContext(traceparent, { requestId, sampleRatio: active.sampleRatio }),
    look,
    status: () => (active?.export === undefined ? null : { ...counts }),
    async stop() {
      folds.stop();
      await waitAtMost(stopWithinMs, active?.export?.stop());
    },
  };
}

interface ActiveExport {
  readonly settings: OtlpSettings;
  readonly sampleRatio: number;
  /** Undefined if a secret is missing. */
  readonly export: SpanExport | undefined;
}

/** Keeps the first requests until the SDK is loaded. */
function lateExport(load: LoadSpanExport, options: SpanExportOptions): SpanExport {
  let early: RequestEnd[] = [];
  let loaded: SpanExport | undefined;
  const ready = load().then(
    ({ createSpanExport }) => {
      loaded = createSpanExport(options);
      for (const end of early) {
        loaded.add(end);
      }
      early = [];
    },
    () => options.onDropped(early.length, "the exporter could not be loaded"),
  );
  return {
    add(end) {
      if (loaded !== undefined) {
        loaded.add(end);
      } else if (early.length < maxEarly) {
        early.push(end);
      } else {
        options.onDropped(1, "the exporter is not loaded yet");
      }
    },
    async stop() {
      await ready;
      await loaded?.stop();
    },
  };
}
