/**
 * Google's signatures of reasoning, as opaque state. A call's has the shape of Google's own OpenAI-compatible endpoint,
 * `{google: {thought_signature}}`. That endpoint has no shape for the signature of a text, which is marked here.
 */
import { recordOf, textOf } from "../../text/json.ts";

type Json = Readonly<Record<string, unknown>>;

/** What Google documents for a call whose signature is not known (ai.google.dev/gemini-api/docs/thought-signatures). */
export const unknownSignature = "skip_thought_signature_validator";

export function callState(signature: string): Json {
  return { google: { thought_signature: signature } };
}

export function textState(signature: string): Json {
  return { type: "text", ...callState(signature) };
}

/** The signature in a call's state; empty if there is none. */
export function signaturesOf({ type, google }: Json): readonly string[] {
  const signature = textOf(recordOf(google)["thought_signature"]);
  return type !== "text" && signature ? [signature] : [];
}

/** The signature in the state of an answer's text; empty if there is none. */
export function textSignaturesOf({ type, ...state }: Json): readonly string[] {
  return type === "text" ? signaturesOf(state) : [];
}
