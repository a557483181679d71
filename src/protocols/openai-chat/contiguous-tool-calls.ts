/**
 * Reorders the deltas of parallel tool calls: those of the first call pass at once, those of later calls are held until a
 * finish. The reason: LiveKit's Node plugin corrupts calls whose deltas are interleaved.
 *
 * A stream whose later calls exceed the bound below ends with an error, because interleaved calls would be corrupted
 * silently. A stream that cannot be ordered, for example because of an invalid index, passes unchanged.
 */
import { RelayError } from "../../errors.ts";
import { isRecord } from "../../text/json.ts";
import type { EventTransform } from "../../answer/event-transform.ts";
import { eventOf, type StreamEvent } from "../../text/event-reader.ts";
import { fact, factsOf, isStreamIndex } from "./chunk-facts.ts";

/** Bound for all held events, including their overhead. */
const maxHeldBytes = 1024 * 1024;
/** Estimated memory overhead of a held event. */
const heldEventBytes = 300;
/** An event that is split repeats the fields that its calls share. Bound for all copies together. */
const maxSplitBytes = 1024 * 1024;

export function createToolCallOrder(): EventTransform {
  /** By choice: the call whose deltas pass. */
  const current = new Map<number, number>();
  /** By choice and call, in order of first appearance. */
  const held = new Map<string, StreamEvent[]>();
  let heldBytes = 0;
  let isOrdering = true;

  const release = (): StreamEvent[] => {
    const events = [...held.values()].flat();
    held.clear();
    heldBytes = 0;
    return events;
  };
  const stopOrdering = (event: StreamEvent): StreamEvent[] => {
    isOrdering = false;
    return [...release(), event];
  };
  const hold = (call: Call, event: Buffer) => {
    const key = `${call.choiceIndex} ${call.index}`;
    const events = held.get(key) ?? [];
    // Copy, because the event may be a small part of a large buffer.
    events.push(eventOf(Buffer.from(event)));
    held.set(key, events);
    heldBytes += event.length + heldEventBytes;
  };
  const passesNow = ({ choiceIndex, index }: Call): boolean => {
    const first = current.get(choiceIndex) ?? index;
    current.set(choiceIndex, first);
    return first === index;
  };

  const order = (event: StreamEvent, chunk: Chunk): readonly StreamEvent[] => {
    const calls = callsOf(chunk);
    if (calls === undefined) {
      return stopOrdering(event);
    }
    if (isFinish(chunk)) {
      return [...release(), event];
    }
    const later = calls.filter((call) => !passesNow(call));
    const [only] = later;
    if (only === undefined) {
      return [event];
    }
    if (heldBytes + event.bytes.length > maxHeldBytes) {
      throw tooMuchHeld();
    }
    if (calls.length === 1 && holdsCallsOnly(chunk)) {
      hold(only, event.bytes);
      return [];
    }
    const parts =
      event.bytes.length * calls.length > maxSplitBytes ? undefined : split(chunk, later);
    if (parts === undefined) {
      return stopOrdering(event);
    }
    for (const [at, call] of later.entries()) {
      hold(call, parts.later[at] ?? nothing);
    }
    return parts.now;
  };

  return {
    push(event) {
      // Most events: nothing is held, and the chunk contains no call.
      if (held.size === 0 && (factsOf(event) & (fact.toolCalls | fact.otherChoices)) === 0) {
        return [event];
      }
      const chunk = isOrdering ? chunkOf(event) : undefined;
      if (chunk === undefined) {
        // Held events must be sent before the end marker.
        return held.size > 0 && event.data === "[DONE]" ? [...release(), event] : [event];
      }
      return held.size === 0 && !hasCalls(chunk) ? [event] : order(event, chunk);
    },
    end: release,
  };
}

const nothing = Buffer.alloc(0);

function tooMuchHeld(): RelayError {
  return new RelayError(
    "upstream_cut",
    `The provider interleaves parallel tool calls of more than ${maxHeldBytes} bytes, which light mode cannot reorder. ` +
      "Request one tool call at a time (`parallel_tool_calls: false`).",
  );
}

type Json = Readonly<Record<string, unknown>>;

interface Chunk {
  readonly json: Json;
  readonly choices: readonly Json[];
}

/** A chunk's deltas of one call. */
interface Call {
  readonly choice: Json;
  readonly choiceIndex: number;
  readonly index: number;
  readonly deltas: unknown[];
}

/** The chunk in an event; undefined if there is none. */
function chunkOf({ json }: StreamEvent): Chunk | undefined {
  const choices = json?.["choices"];
  return json !== undefined && Array.isArray(choices) && choices.every(isRecord)
    ? { json, choices }
    : undefined;
}

function isFinish({ choices }: Chunk): boolean {
  return choices.some((choice) => Boolean(choice["finish_reason"]));
}

function hasCalls({ choices }: Chunk): boolean {
  return choices.some((choice) => callDeltasOf(choice).length > 0);
}

function deltaOf(choice: Json): Json {
  return isRecord(choice["delta"]) ? choice["delta"] : {};
}

function callDeltasOf(choice: Json): readonly unknown[] {
  const deltas = deltaOf(choice)["tool_calls"];
  return Array.isArray(deltas) ? deltas : [];
}

/** The calls in a chunk, in order; undefined if one has an invalid index. */
function callsOf({ choices }: Chunk): readonly Call[] | undefined {
  const calls = new Map<string, Call>();
  for (const choice of choices) {
    const choiceIndex = choice["index"] ?? 0;
    for (const [at, delta] of callDeltasOf(choice).entries()) {
      const index = isRecord(delta) ? (delta["index"] ?? at) : undefined;
      if (!isStreamIndex(choiceIndex) || !isStreamIndex(index)) {
        return undefined;
      }
      const key = `${choiceIndex} ${index}`;
      const call = calls.get(key);
      if (call === undefined) {
        calls.set(key, { choice, choiceIndex, index, deltas: [delta] });
      } else {
        call.deltas.push(delta);
      }
    }
  }
  return [...calls.values()];
}

/** Whether a chunk contains nothing but deltas of calls, so that it can be held unchanged. */
function holdsCallsOnly({ choices }: Chunk): boolean {
  return choices.every(
    (choice) => callDeltasOf(choice).length > 0 && hasOnlyCalls(deltaOf(choice)),
  );
}

function hasOnlyCalls(delta: Json): boolean {
  return Object.keys(delta).every((name) => name === "tool_calls" || name === "role");
}

/**
 * Splits a chunk into at most one event to send now, and one event for each call to hold.
 * @returns undefined if the chunk is nested too deeply for JSON.stringify.
 */
function split(
  chunk: Chunk,
  later: readonly Call[],
): { readonly now: readonly StreamEvent[]; readonly later: readonly Buffer[] } | undefined {
  const heldDeltas = new Set(later.flatMap(({ deltas }) => deltas));
  const choicesNow = chunk.choices.flatMap((choice) => {
    const deltas = callDeltasOf(choice);
    const remaining = deltas.filter((delta) => !heldDeltas.has(delta));
    const { tool_calls: _calls, ...others } = deltaOf(choice);
    if (remaining.length > 0) {
      return [{ ...choice, delta: { ...others, tool_calls: remaining } }];
    }
    const hasMore = deltas.length === 0 || !hasOnlyCalls(others);
    return hasMore ? [{ ...choice, delta: others }] : [];
  });
  try {
    return {
      now:
        choicesNow.length === 0 ? [] : [eventOf(written({ ...chunk.json, choices: choicesNow }))],
      later: later.map(({ choice, deltas }) =>
        written({ ...chunk.json, choices: [{ ...choice, delta: { tool_calls: deltas } }] }),
      ),
    };
  } catch {
    return undefined;
  }
}

function written(value: Json): Buffer {
  return Buffer.from(`data: ${JSON.stringify(value)}\n\n`);
}
