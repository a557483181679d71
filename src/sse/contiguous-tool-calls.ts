/**
 * Puts the deltas of parallel tool calls into order: those of the first call go by as they come, those of the others are
 * held until the calls before them are over. LiveKit's Node plugin corrupts calls whose deltas come by turns.
 */
import { isRecord, parseRecord } from "../chat/json-record.ts";
import type { EventChange } from "./event-change.ts";
import { createEventSplitter } from "./event-splitter.ts";

interface Held {
  readonly key: string;
  readonly event: Buffer;
}

export function createToolCallOrder(): EventChange {
  const splitter = createEventSplitter();
  /** The call of each choice whose deltas go by. */
  const current = new Map<number, number>();
  let held: Held[] = [];

  const release = (): Buffer[] => {
    const keys = [...new Set(held.map(({ key }) => key))];
    const events = keys.flatMap((key) =>
      held.filter((each) => each.key === key).map(({ event }) => event),
    );
    held = [];
    return events;
  };

  const order = (event: Buffer): Buffer[] => {
    if (held.length === 0 && !event.includes('"tool_calls"')) {
      // Most events of most streams: nothing waits, and there is no call to put into order.
      return [event];
    }
    const chunk = chunkOf(event);
    if (chunk === undefined) {
      // `[DONE]`, a comment, something that is no chunk: nothing may be left behind it.
      return isDone(event) ? [...release(), event] : [event];
    }
    const deltas = toolDeltas(chunk);
    if (deltas.length === 0) {
      return isFinish(chunk) ? [...release(), event] : [event];
    }
    return deltas.flatMap(({ choice, call }) => {
      const own = deltas.length === 1 ? event : eventWith(chunk, choice, call);
      const first = current.get(choice) ?? call;
      current.set(choice, first);
      if (first === call) {
        return [own];
      }
      held.push({ key: `${choice} ${call}`, event: own });
      return [];
    });
  };

  return {
    push: (bytes) => Buffer.concat(splitter.push(bytes).flatMap(order)),
    end: () => Buffer.concat([...release(), splitter.rest()]),
  };
}

interface Chunk {
  readonly choices: readonly Choice[];
}

interface Choice {
  readonly index?: number;
  readonly delta?: { readonly tool_calls?: readonly { readonly index?: number }[] };
  readonly finish_reason?: string | null;
}

function dataOf(event: Buffer): string | undefined {
  return /^data: ?(.*)$/m.exec(event.toString("utf8"))?.[1];
}

function isDone(event: Buffer): boolean {
  return dataOf(event) === "[DONE]";
}

/** The chunk that an event holds; undefined where it holds none. */
function chunkOf(event: Buffer): Chunk | undefined {
  const chunk = parseRecord(dataOf(event) ?? "");
  const choices = chunk?.["choices"];
  return Array.isArray(choices) && choices.every(isRecord)
    ? (chunk as unknown as Chunk)
    : undefined;
}

function isFinish(chunk: Chunk): boolean {
  return chunk.choices.some((choice) => Boolean(choice.finish_reason));
}

/** The calls that a chunk has deltas of. */
function toolDeltas(chunk: Chunk): { readonly choice: number; readonly call: number }[] {
  return chunk.choices.flatMap((choice) =>
    (choice.delta?.tool_calls ?? []).map((delta, at) => ({
      choice: choice.index ?? 0,
      call: delta.index ?? at,
    })),
  );
}

/** The chunk with the delta of one call only. */
function eventWith(chunk: Chunk, choiceIndex: number, call: number): Buffer {
  const choice = chunk.choices.find(({ index }) => (index ?? 0) === choiceIndex);
  const calls = choice?.delta?.tool_calls?.filter((delta, at) => (delta.index ?? at) === call);
  const choices = [{ ...choice, delta: { ...choice?.delta, tool_calls: calls } }];
  return Buffer.from(`data: ${JSON.stringify({ ...chunk, choices })}\n\n`);
}
