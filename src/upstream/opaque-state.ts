/**
 * Remembers what a provider wants back with its tool calls: signatures of reasoning, and the like. Clients that know nothing
 * of it send only the calls. In memory, bounded, and never for another provider or model.
 */
import { LRUCache } from "lru-cache";
import type { AnswerEvent } from "../answer/answer-event.ts";
import type { RememberedState } from "../protocols/wire.ts";

type Json = Readonly<Record<string, unknown>>;

export interface OpaqueStates {
  /** What is remembered for the calls of a model. */
  recall(model: StateOwner): RememberedState;
  /** Creates a recorder for one answer of a model. */
  record(model: StateOwner): StateRecorder;
  readonly size: number;
}

/** Whose state it is. */
interface StateOwner {
  readonly provider: string;
  readonly modelId: string;
}

export interface StateRecorder {
  note(events: readonly AnswerEvent[]): void;
  /** Must be called at the end of a whole answer. */
  end(): void;
}

const maxEntries = 10_000;
const maxBytes = 32 * 1024 * 1024;
/** Bounds for one answer: longer state is not remembered, nor that of later calls. */
const maxEntryBytes = 1024 * 1024;
const maxCalls = 1024;
const ttlMs = 3_600_000;

/** @param now milliseconds of a clock that does not stand at 0. */
export function createOpaqueStates(now = () => performance.now()): OpaqueStates {
  const states = new LRUCache<string, { readonly values: readonly Json[]; readonly bytes: number }>(
    {
      max: maxEntries,
      maxSize: maxBytes,
      maxEntrySize: maxEntryBytes,
      sizeCalculation: ({ bytes }) => bytes,
      ttl: ttlMs,
      perf: { now },
    },
  );
  const remember = (owner: StateOwner, callId: string, values: readonly Json[]) => {
    const id = idOf(owner, callId);
    states.set(id, { values, bytes: id.length + JSON.stringify(values).length });
  };
  return {
    recall: (owner) => (callId) => states.get(idOf(owner, callId))?.values ?? [],
    record: (owner) => createRecorder((callId, values) => remember(owner, callId, values)),
    get size() {
      return states.size;
    },
  };
}

function idOf({ provider, modelId }: StateOwner, callId: string): string {
  return JSON.stringify([provider, modelId, callId]);
}

/** State of the whole answer belongs to its first call: without a call, no provider wants it back. */
function createRecorder(
  remember: (callId: string, values: readonly Json[]) => void,
): StateRecorder {
  /** By the index of a call; created for the first state. */
  let values: Map<number, Json[]> | undefined;
  let bytes = 0;
  let callIds: Map<number, string> | undefined;
  return {
    note(events) {
      for (const event of events) {
        if (event.kind === "call" && event.index < maxCalls) {
          callIds ??= new Map();
          callIds.set(event.index, event.id);
        } else if (event.kind === "opaque" && bytes <= maxEntryBytes) {
          const { callIndex = 0, value } = event.state;
          bytes += JSON.stringify(value).length;
          values ??= new Map();
          const known = values.get(callIndex);
          if (known === undefined) {
            values.set(callIndex, [value]);
          } else {
            known.push(value);
          }
        }
      }
    },
    end() {
      if (bytes > maxEntryBytes) {
        return;
      }
      for (const [index, of] of values ?? []) {
        const callId = callIds?.get(index);
        if (callId !== undefined) {
          remember(callId, of);
        }
      }
    },
  };
}
