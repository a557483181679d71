/** All messages between the gateway's thread and the data plane's. */
import type { Status } from "../control/status.ts";
import type { AnswerMessage, CallMessage } from "./calls.ts";
import type { RequestMessage, ResponseMessage } from "./handed-over.ts";
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
  | readonly ["snapshot", snapshot: HostSnapshot];

/** From the data plane. */
export type PlaneMessage =
  | CallMessage
  | AnswerMessage
  | ResponseMessage
  | readonly ["ready"]
  | readonly ["log", level: LogLevel, line: string];

/** What the data plane says of itself. */
export interface PlaneStatus extends Status {
  readonly memory: { readonly heapUsedBytes: number; readonly heapLimitBytes: number };
}

/** How often the data plane increases its heartbeat. */
export const heartbeatIntervalMs = 500;
/** Missed heartbeats after which the data plane counts as hung. */
export const maxMissedHeartbeats = 10;
