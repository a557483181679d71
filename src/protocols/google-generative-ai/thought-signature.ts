/**
 * Google's signatures of reasoning, as opaque state. A call's has the shape of Google's own OpenAI-compatible endpoint,
 * `{google: {thought_signature}}`. That endpoint has no shape for the signature of a text, which is marked here.
 */
import { isRecord } from "../../text/json.ts";

type Json = Readonly<Record<string, unknown>>;

/** What Google documents for a call whose signature is not known (ai.google.dev/gemini-api/docs/thought-signatures). */
export const unknownSignature = "skip_thought_signature_validator";

export function callState(signature: string): Json {
  return { google: { thought_signature: signature } };
}

export function textState(signature: string): Json {
  return { type: "text", ...callState(signature) };
}

/** A call's signature among its states. */
export function signatureOf(states: readonly Json[]): string | undefined {
  return last(states.filter(({ type }) => type !== "text"));
}

/** The signature of an answer's text among its states. */
export function textSignatureOf(states: readonly Json[]): string | undefined {
  return last(states.filter(({ type }) => type === "text"));
}

function last(states: readonly Json[]): string | undefined {
  const signatures = states.flatMap(({ google }) => {
    const signature = isRecord(google) ? google["thought_signature"] : undefined;
    return typeof signature === "string" && signature !== "" ? [signature] : [];
  });
  return signatures.at(-1);
}
