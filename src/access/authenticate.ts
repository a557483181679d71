/** Authenticates requests to the routes for virtual keys. */
import { type HeaderFields, headerText } from "../text/header-fields.ts";
import { RelayError } from "../errors.ts";
import type { Grant } from "./grant.ts";
import type { KeyDirectory } from "./key-directory.ts";
import { isKeyText } from "./key-text.ts";
import type { FailedLogins } from "./failed-logins.ts";

export interface AuthenticateOptions {
  /** The current keys. */
  readonly directory: () => KeyDirectory;
  readonly failedLogins: FailedLogins;
}

/**
 * Returns the grant of a request's key.
 * @param address returns the client's address; called only for a wrong key.
 * @throws RelayError `invalid_api_key` or `too_many_wrong_keys`. It quotes no part of a key.
 */
export type Authenticate = (headers: HeaderFields, address: () => string) => Grant;

const scheme = /^bearer +/i;

export function createAuthenticate({ directory, failedLogins }: AuthenticateOptions): Authenticate {
  return (headers, address) => {
    const credentials = headerText(headers["authorization"]) ?? "";
    const text = credentials.replace(scheme, "").trim();
    const grant = directory().find(text);
    if (grant !== undefined) {
      return grant;
    }
    const waitMs = failedLogins.add(address());
    if (waitMs > 0) {
      throw new RelayError(
        "too_many_wrong_keys",
        "This address sent too many requests without a valid key. Wait a minute, then send a valid one.",
        { headers: { "retry-after": String(Math.ceil(waitMs / 1000)) } },
      );
    }
    throw new RelayError("invalid_api_key", whatIsWrong(text), {
      headers: { "www-authenticate": 'Bearer realm="openclaw-passthrough"' },
    });
  };
}

function whatIsWrong(text: string): string {
  if (text === "") {
    return "A virtual key is required. Send it as `Authorization: Bearer ocp_…`.";
  }
  return isKeyText(text)
    ? "This key is unknown, revoked or expired. Ask the gateway's operator for a new one."
    : "This is not a complete virtual key: a key begins with `ocp_` and has 53 characters. The gateway's own token does not work here.";
}
