/** Signs what is sent to a webhook, so that its receiver can tell it from a forged or repeated request. */
import { createHmac } from "node:crypto";

/**
 * @param atSeconds seconds since the epoch. It is signed, so that a receiver can refuse old requests.
 * @returns headers. The signature is HMAC-SHA256 of `<timestamp>.<body>`.
 */
export function signatureHeaders(
  body: string,
  { secret, atSeconds }: { readonly secret: string; readonly atSeconds: number },
): Readonly<Record<string, string>> {
  const timestamp = String(atSeconds);
  const signature = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
  return { "x-openclaw-timestamp": timestamp, "x-openclaw-signature": `sha256=${signature}` };
}
