/** Passthrough: the client's bytes to the provider, the provider's bytes to the client. */
import type { Mode } from "./mode.ts";

export const passthrough: Mode = (request, call) => call(request);
