/** Removes the event with the token counts from a stream, for a client that has not requested it. */
import type { EventTransform } from "../../answer/event-transform.ts";
import type { StreamEvent } from "../../text/event-reader.ts";
import { fact, factsOf } from "./chunk-facts.ts";

export function createUsageFilter(): EventTransform {
  return {
    push: (event) => (isUsageEvent(event) ? [] : [event]),
    end: () => [],
  };
}

/** OpenAI's usage event has counts and no choices. */
function isUsageEvent(event: StreamEvent): boolean {
  const wanted = fact.usage | fact.noChoices;
  return (factsOf(event) & wanted) === wanted;
}
