/** OpenAI's error bodies: reads those of providers, writes those of the relay. */
import type { RelayError } from "../../errors.ts";
import { isRecord, parseRecord } from "../../text/json.ts";
import { isContextLength, statusOf } from "../openai-error.ts";
import type { ProviderError } from "../protocol.ts";

/** Writes a relay error in OpenAI's envelope. An error that is reported as core's has no `param`. */
export function errorBody({ message, consequence, param, code, reportedAs }: RelayError): string {
  return JSON.stringify({
    error:
      reportedAs === undefined
        ? { message, type: consequence.type, param, code }
        : { message, type: reportedAs.type, code: reportedAs.code },
  });
}

/** Writes a relay error as a complete event of a stream. */
export function errorEvent(error: RelayError): string {
  return `data: ${errorBody(error)}\n\n`;
}

/** Reads an error body; undefined if the answer is not one. @param bytes the whole answer. */
export function readError(bytes: Buffer): ProviderError | undefined {
  const error = errorOf(bytes);
  return (
    error && {
      status: statusOf(error),
      message: error["message"],
      isContextLength: isContextLength(error),
    }
  );
}

type Json = Readonly<Record<string, unknown>>;

/** The `error` member; undefined if the answer also has `choices`. */
function errorOf(bytes: Buffer): Json | undefined {
  if (!bytes.includes('"error"')) {
    return undefined;
  }
  const { error, choices } = parseRecord(bytes.toString("utf8")) ?? {};
  return choices === undefined && isRecord(error) ? error : undefined;
}
