/** All messages between the gateway's thread and the data plane's. */
import type { Problem } from "../control/problems.ts";
import type { Status } from "../control/status.ts";
import type { AnswerMessage, CallMessage } from "./calls.ts";
import type { RequestMessage, ResponseMessage } from "./handed-over.ts";
import type {
  RequestList,
  RequestQuery,
  RequestView,
  SeriesRange,
  SeriesView,
} from "../telemetry/views.ts";
import type { ModelReport } from "../telemetry/model-reports.ts";
import type { TracingStatus } from "../tracing/tracing.ts";
import type { HostSnapshot } from "./host-snapshot.ts";

/** Given to the data plane's thread at its start. */
export interface PlaneStart {
  readonly snapshot: HostSnapshot;
  /** One counter, which the data plane increases as long as its event loop turns. */
  readonly heartbeat: SharedArrayBuffer;
}

type LogLevel = "debug" | "info" | "warn";

/** From the gateway's thread. */
export type GatewayMessage =
  | CallMessage
  | AnswerMessage
  | RequestMessage
  | readonly ["snapshot", snapshot: HostSnapshot]
  /** The gateway shuts down: let requests on the listener end, and accept no others. */
  | readonly ["drain"];

/** From the data plane. */
export type PlaneMessage =
  | CallMessage
  | AnswerMessage
  | ResponseMessage
  | readonly ["ready"]
  | readonly ["log", level: LogLevel, line: string]
  /** For the host's own exporters. */
  | readonly ["reports", reports: readonly ModelReport[]];

/** What the data plane says of itself. */
export interface PlaneStatus extends Status {
  /** The relay's own listener; null if it is off. */
  readonly listener: {
    /** Such as `http://127.0.0.1:18790`; null while it cannot listen. */
    readonly url: string | null;
    readonly connections: number;
  } | null;
  /** Null while no spans are exported. */
  readonly tracing: TracingStatus | null;
  readonly memory: { readonly heapUsedBytes: number; readonly heapLimitBytes: number };
}

/** What the gateway's thread asks the data plane, by name. */
export interface PlaneQuestions {
  readonly status: { readonly args: readonly []; readonly answer: PlaneStatus };
  readonly requests: { readonly args: readonly [RequestQuery]; readonly answer: RequestList };
  /** One request by its id; null if it is not among the last ones. */
  readonly request: { readonly args: readonly [id: string]; readonly answer: RequestView | null };
  readonly series: { readonly args: readonly [SeriesRange]; readonly answer: SeriesView };
  /** Asks the providers with each credential, and says what is wrong with them. */
  readonly askProviders: { readonly args: readonly []; readonly answer: readonly Problem[] };
  readonly stop: { readonly args: readonly []; readonly answer: void };
}

/** How often the data plane increases its heartbeat. */
export const heartbeatIntervalMs = 500;
/** Missed heartbeats after which the data plane counts as hung. */
export const maxMissedHeartbeats = 10;
