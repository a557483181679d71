/** Reads streams of the Responses API. */
import { createAnswerReader } from "../../../../src/protocols/openai-responses/answer.ts";

type Json = Readonly<Record<string, unknown>>;

export type Message = readonly [type: string, rest?: Json];

/** @param messages with their types as they are after `response.`, except for `error`. */
export function read(...messages: readonly Message[]) {
  const reader = createAnswerReader();
  const events = messages.flatMap(([type, rest]) =>
    reader.push({ type: type === "error" ? type : `response.${type}`, ...rest }),
  );
  return [...events, ...reader.end()];
}

export const added = (output_index: number, item: Json): Message => [
  "output_item.added",
  { output_index, item },
];
export const done = (output_index: number, item: Json): Message => [
  "output_item.done",
  { output_index, item },
];
export const completed: Message = ["completed", { response: { status: "completed" } }];

export const call = (id: string, more: Json = {}): Json => ({
  type: "function_call",
  id: `fc_${id}`,
  call_id: id,
  name: `tool_${id}`,
  arguments: "",
  ...more,
});
