/** What the host's runtime wants back of an earlier answer: the provider's signatures, in blocks of the runtime's own. */
import type { AnswerEvent } from "../../answer/answer-event.ts";
import type { Call } from "../model-request.ts";
import type { RuntimeCallBlock, RuntimeThinking } from "../runtime.ts";
import type { RememberedState } from "../wire.ts";

type Json = Readonly<Record<string, unknown>>;

/** The types of the objects that clients get and may send back. */
const thinkingType = "openclaw.thinking";
const callType = "openclaw.call";

/** @param block a block of an answer, after its end. */
export function thinkingEvents(block: Json): readonly AnswerEvent[] {
  const { thinking, thinkingSignature, redacted } = block;
  if (typeof thinkingSignature !== "string" || thinkingSignature === "") {
    return [];
  }
  const value = {
    type: thinkingType,
    thinking: typeof thinking === "string" ? thinking : "",
    thinkingSignature,
    ...(redacted === true ? { redacted } : {}),
  };
  return [{ kind: "opaque", state: { value } }];
}

/** @param block a call of an answer, after its end. */
export function callEvents(block: Json, callIndex: number): readonly AnswerEvent[] {
  const { thoughtSignature } = block;
  return typeof thoughtSignature === "string" && thoughtSignature !== ""
    ? [{ kind: "opaque", state: { callIndex, value: { type: callType, thoughtSignature } } }]
    : [];
}

export function thinkingOf(value: Json): RuntimeThinking[] {
  const { type, thinking, thinkingSignature, redacted } = value;
  return type === thinkingType &&
    typeof thinking === "string" &&
    typeof thinkingSignature === "string"
    ? [
        {
          type: "thinking",
          thinking,
          thinkingSignature,
          ...(redacted === true ? { redacted } : {}),
        },
      ]
    : [];
}

/** The signature of a call: the client's copy, else what is remembered. */
export function callState(
  { id, opaque }: Call,
  remembered: RememberedState,
): Pick<RuntimeCallBlock, "thoughtSignature"> {
  const states = opaque === undefined ? remembered(id) : [opaque];
  const thoughtSignature = states.find(({ type }) => type === callType)?.["thoughtSignature"];
  return typeof thoughtSignature === "string" ? { thoughtSignature } : {};
}
