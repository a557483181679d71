/**
 * Marks the opaque state that goes to a client with its provider, and takes away what a client repeats of another one's:
 * after a fallback, or after the client's model has changed, the same conversation may go to a provider that cannot read it.
 */
import type { AnswerEvent } from "../answer/answer-event.ts";
import type { AssistantMessage, Call, ModelRequest } from "../protocols/model-request.ts";

type Json = Readonly<Record<string, unknown>>;

/** The mark's name in the objects that a client gets. */
const owner = "openclaw_provider";

export function markState(
  events: readonly AnswerEvent[],
  provider: string,
): readonly AnswerEvent[] {
  return events.some(({ kind }) => kind === "opaque")
    ? events.map((event) =>
        event.kind === "opaque"
          ? {
              ...event,
              state: { ...event.state, value: { ...event.state.value, [owner]: provider } },
            }
          : event,
      )
    : events;
}

/** The request without the marks, and without the state of other providers. State without a mark passes: it is not ours. */
export function withOwnState(request: ModelRequest, provider: string): ModelRequest {
  const isMarked = request.messages.some(
    (message) =>
      message.role === "assistant" &&
      (message.opaque.length > 0 || message.calls.some(({ opaque }) => opaque !== undefined)),
  );
  return isMarked
    ? {
        ...request,
        messages: request.messages.map((message) =>
          message.role === "assistant" ? ownMessage(message, provider) : message,
        ),
      }
    : request;
}

function ownMessage(message: AssistantMessage, provider: string): AssistantMessage {
  return {
    ...message,
    opaque: message.opaque
      .map((value) => own(value, provider))
      .filter((value) => value !== undefined),
    calls: message.calls.map((call): Call => {
      const opaque = call.opaque && own(call.opaque, provider);
      return { ...call, opaque };
    }),
  };
}

function own({ [owner]: marked, ...value }: Json, provider: string): Json | undefined {
  return marked === undefined || marked === provider ? value : undefined;
}
