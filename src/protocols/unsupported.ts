/** The error for what a request contains and the provider's protocol cannot say. */
import { RelayError } from "../errors.ts";

/**
 * @param path where it is in the client's body.
 * @param what completes a sentence that begins with the path.
 */
export function unsupported(path: string, what: string): RelayError {
  return new RelayError("unsupported_params", `\`${path}\` ${what}.`, { param: path });
}
