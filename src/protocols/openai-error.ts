/** The words of OpenAI's error objects, which its protocols share, and which many other servers use. */

type Json = Readonly<Record<string, unknown>>;

/** Codes and types of OpenAI and llama.cpp for a conversation that is too long. */
const contextLengthWords: ReadonlySet<unknown> = new Set([
  "context_length_exceeded",
  "exceed_context_size_error",
  "context_window_exceeded",
]);

/** Parts of the messages of vLLM, OpenRouter and xAI for the same error. They have no code for it. */
const contextLengthSentences = ["maximum context length is", "maximum prompt length is"];

/** Whether an error says that the conversation is too long for the model. */
export function isContextLength({ code, type, message }: Json): boolean {
  return (
    contextLengthWords.has(code) ||
    contextLengthWords.has(type) ||
    (typeof message === "string" &&
      contextLengthSentences.some((sentence) => message.includes(sentence)))
  );
}

/** Statuses of error codes and types that are words. */
const statusOfWord: ReadonlyMap<string, number> = new Map(
  Object.entries({
    invalid_request_error: 400,
    context_length_exceeded: 400,
    exceed_context_size_error: 400,
    authentication_error: 401,
    invalid_api_key: 401,
    permission_error: 403,
    not_found_error: 404,
    model_not_found: 404,
    rate_limit_error: 429,
    rate_limit_exceeded: 429,
    insufficient_quota: 429,
    server_error: 500,
    api_error: 500,
    overloaded_error: 503,
    service_unavailable: 503,
  }),
);

/** The HTTP status that an error states; undefined if it states none. */
export function statusOf(error: Json): number | undefined {
  for (const name of ["status", "code", "http_status", "type"]) {
    const value = error[name];
    const status = typeof value === "string" ? (statusOfWord.get(value) ?? Number(value)) : value;
    if (typeof status === "number" && Number.isInteger(status) && status >= 400 && status <= 599) {
      return status;
    }
  }
  return undefined;
}
