/** Anthropic's Messages API, which several other providers and gateways speak, too. */
import type { HeaderFields } from "../../text/header-fields.ts";
import type { Wire } from "../wire.ts";
import { createAnswerReader } from "./answer.ts";
import { readError } from "./error.ts";
import { encode, ownParameters } from "./request.ts";

export const anthropicMessages: Wire = {
  apis: ["anthropic-messages"],
  framing: "events",
  ownParameters,
  credentialHeaders: (key) => ({ "x-api-key": key }),
  clientHeaders: ["anthropic-beta"],
  encode,
  read: createAnswerReader,
  readError,
  answerHeaders,
};

const rateLimitPrefix = "anthropic-ratelimit-";

/** `anthropic-ratelimit-requests-remaining` is `x-ratelimit-remaining-requests`. */
function answerHeaders(headers: HeaderFields): HeaderFields {
  const known: Record<string, HeaderFields[string]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name === "request-id") {
      known["x-request-id"] = value;
    } else if (name.startsWith(rateLimitPrefix)) {
      const [, what, which] =
        /^(.+)-(limit|remaining|reset)$/.exec(name.slice(rateLimitPrefix.length)) ?? [];
      if (what !== undefined && which !== undefined) {
        known[`x-ratelimit-${which}-${what}`] = value;
      }
    } else {
      known[name] = value;
    }
  }
  return known;
}
