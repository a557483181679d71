/** Removes the event with the token counts from a stream, for a client that has not requested it. */
import { isRecord } from "../../text/json.ts";
import type { EventTransform } from "../../answer/event-transform.ts";
import type { StreamEvent } from "../../text/event-reader.ts";

export function createUsageFilter(): EventTransform {
  return {
    push: (event) => (isUsageEvent(event) ? [] : [event]),
    end: () => [],
  };
}

/** OpenAI's usage event has counts and no choices. */
function isUsageEvent({ json }: StreamEvent): boolean {
  const choices = json?.["choices"];
  return Array.isArray(choices) && choices.length === 0 && isRecord(json?.["usage"]);
}
