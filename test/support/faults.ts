/** Sixteen provider faults and what a client of the relay sees for each. docs/failover.md has them as a table. */
import {
  type Behaviour,
  chunk,
  event,
  half,
  json,
  ordinaryEvents,
  raw,
  reset,
  silence,
  stream,
} from "./provider.ts";

export interface Fault {
  readonly name: string;
  /** What the first target always does. */
  readonly behaviour: (streaming: boolean) => Behaviour;
  /** Whether the client gets a complete answer from the second target; otherwise it sees `sees`. */
  readonly rescued: boolean;
  /** For a fault that cannot or should not be rescued: the status, or the code of the error event. */
  readonly sees?: { readonly json: string; readonly stream: string };
  /** Attempts at the first target. */
  readonly attempts: number;
  /** Whether the fault exists only for streams. */
  readonly streamOnly?: boolean;
}

const error = (status: number, more: object = {}) =>
  json(
    { error: { message: "no", type: "server_error", param: null, code: null, ...more } },
    status,
  );
const always = (behaviour: Behaviour) => () => behaviour;
const [role = "", first = "", ...rest] = ordinaryEvents();

export const faults: readonly Fault[] = [
  { name: "500", behaviour: always(error(500)), rescued: true, attempts: 2 },
  { name: "503", behaviour: always(error(503)), rescued: true, attempts: 2 },
  {
    name: "429 with a short Retry-After",
    behaviour: always(json({ error: {} }, 429, { "retry-after-ms": "50" })),
    rescued: true,
    attempts: 2,
  },
  {
    name: "429 with a long Retry-After",
    behaviour: always(json({ error: {} }, 429, { "retry-after": "60" })),
    rescued: true,
    attempts: 1,
  },
  {
    name: "400, the request is bad",
    behaviour: always(error(400)),
    rescued: false,
    sees: { json: "400", stream: "400" },
    attempts: 1,
  },
  { name: "the connection is reset", behaviour: always(reset), rescued: true, attempts: 2 },
  { name: "no first token", behaviour: always(silence), rescued: true, attempts: 1 },
  {
    name: "an error inside a 200",
    behaviour: (streaming) => {
      const body = { error: { message: "overloaded", code: 503 } };
      return streaming ? stream({ pieces: [event(body)] }) : json(body);
    },
    rescued: true,
    attempts: 2,
  },
  {
    name: "a web page with status 200",
    behaviour: always(raw("<!doctype html>", 200, { "content-type": "text/html" })),
    rescued: true,
    attempts: 1,
  },
  { name: "half a JSON answer", behaviour: always(half), rescued: true, attempts: 2 },
  {
    name: "a stream that ends before its first output",
    behaviour: always(stream({ pieces: [role] })),
    rescued: true,
    attempts: 1,
    streamOnly: true,
  },
  {
    name: "a stream that is cut after its first output",
    behaviour: always(stream({ pieces: [role, first], ending: "cut" })),
    rescued: false,
    sees: { json: "", stream: "upstream_cut" },
    attempts: 1,
    streamOnly: true,
  },
  {
    name: "a stream that stalls after its first output",
    behaviour: always(stream({ pieces: [role, first], ending: "silence" })),
    rescued: false,
    sees: { json: "", stream: "upstream_stalled" },
    attempts: 1,
    streamOnly: true,
  },
  {
    name: "a malformed chunk in mid-stream",
    behaviour: always(stream({ pieces: [role, first, "data: {nope\n\n", ...rest] })),
    rescued: false,
    sees: { json: "", stream: "passed on, the stream goes on" },
    attempts: 1,
    streamOnly: true,
  },
  {
    name: "a finish without [DONE], and the connection stays open",
    behaviour: always(
      stream({
        pieces: [role, first, event(chunk({}, "stop"))],
        ending: "silence",
      }),
    ),
    rescued: false,
    sees: { json: "", stream: "whole, and ended within a second or two" },
    attempts: 1,
    streamOnly: true,
  },
  // Last, because the credential is then disqualified for a minute.
  { name: "401, the only key is bad", behaviour: always(error(401)), rescued: true, attempts: 1 },
];
