/** Reads Ollama's errors, which are texts: `{error: "model 'x' not found"}`. Its streams have them as lines. */
import { isRecord } from "../../text/json.ts";
import type { WireError } from "../wire.ts";

type Json = Readonly<Record<string, unknown>>;

/** Parts of the messages for a conversation that is too long, in lower case. The API has no code for it. */
const contextLengthPhrases = [
  "longer than the context length",
  "exceeds the available context",
  "exceeds the context length",
  "exceeds maximum context length",
  "exceeded max context length",
  "context length exceeded",
];

export function readError(body: Json): WireError | undefined {
  const { error } = body;
  // Models that run elsewhere may fail in the words of their own server.
  const message = isRecord(error) ? error["message"] : error;
  if (typeof message !== "string") {
    return undefined;
  }
  const lower = message.toLowerCase();
  const isContextLength = contextLengthPhrases.some((phrase) => lower.includes(phrase));
  return {
    status: statusOf(body["status"]),
    message,
    type: isContextLength ? "invalid_request_error" : "api_error",
    code: undefined,
    isContextLength,
    retryAfterMs: undefined,
  };
}

/** The status in a line of a stream. */
function statusOf(value: unknown): number | undefined {
  const isStatus = Number.isInteger(value) && Number(value) >= 400 && Number(value) <= 599;
  return isStatus ? Number(value) : undefined;
}
