/** What protocols need of an earlier answer of the model, besides its calls. */
import type { AssistantMessage, Part } from "./model-request.ts";
import type { RememberedState } from "./wire.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * The provider's opaque states of an answer: what the client repeats, else what is remembered for the answer's first call.
 * @param read reads a state; returns an empty list for those that are not the protocol's own.
 */
export function statesOf<State>(
  { opaque, calls: [first] }: AssistantMessage,
  remembered: RememberedState,
  read: (state: Json) => readonly State[],
): readonly State[] {
  const own = opaque.flatMap(read);
  return own.length > 0 || first === undefined ? own : remembered(first.id).flatMap(read);
}

/** The parts of an answer without empty texts, which clients send beside calls and providers refuse. */
export function spokenParts({ parts }: AssistantMessage): readonly Part[] {
  return parts.filter((part) => part.kind !== "text" || part.text !== "");
}
