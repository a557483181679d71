/** The arguments of an earlier call, for protocols that have them as an object instead of JSON text. */
import { parseRecord } from "../text/json.ts";
import type { Call } from "./model-request.ts";
import { unsupported } from "./unsupported.ts";

/**
 * Parses a call's arguments. No text at all is an empty object: some models write that.
 * @throws RelayError `unsupported_params` if they are anything but a JSON object.
 */
export function callArguments({ arguments: text, path }: Call): Readonly<Record<string, unknown>> {
  const values = text.trim() === "" ? {} : parseRecord(text);
  if (values === undefined) {
    throw unsupported(
      `${path}.function.arguments`,
      "is not a JSON object, which this provider's protocol needs",
    );
  }
  return values;
}
