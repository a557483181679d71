/** Takes the event with the token counts out of a stream whose client has not asked for it. */
import { parseRecord } from "../chat/json-record.ts";
import type { EventChange } from "./event-change.ts";
import { createEventSplitter } from "./event-splitter.ts";

export function createUsageFilter(): EventChange {
  const splitter = createEventSplitter();
  return {
    push: (bytes) => Buffer.concat(splitter.push(bytes).filter((event) => !isUsageEvent(event))),
    end: () => splitter.rest(),
  };
}

/** OpenAI's: it has counts, and no choices. */
function isUsageEvent(event: Buffer): boolean {
  if (!event.includes('"usage"')) {
    return false;
  }
  const [, data = ""] = /^data:(.*)$/m.exec(event.toString("utf8")) ?? [];
  const chunk = parseRecord(data);
  const choices = chunk?.["choices"];
  return (
    Array.isArray(choices) &&
    choices.length === 0 &&
    typeof chunk?.["usage"] === "object" &&
    chunk["usage"] !== null
  );
}
