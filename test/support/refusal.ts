/** Checks an answer to a bad request. */

interface SomeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: { toString(): string };
}

/**
 * The flaw of an answer, or undefined if it is a success or a clean refusal. A clean refusal is a 4xx whose headers contain only
 * printable characters; if it is ours, and not Node's or the gateway's, its body is an OpenAI error.
 * @param secrets texts that it must not contain.
 */
export function flawOf(answer: SomeAnswer, secrets: readonly string[]): string | undefined {
  const { status, headers } = answer;
  const body = answer.body.toString();
  const head = JSON.stringify(headers);
  const secret = secrets.find((text) => body.includes(text) || head.includes(text));
  if (secret !== undefined) {
    return `it tells ${JSON.stringify(secret)}`;
  }
  const odd = Object.entries(headers).find(
    ([name, value]) => name === "x-evil" || !/^[\x20-\x7e]*$/.test(String(value)),
  );
  if (odd !== undefined) {
    return `its header ${odd[0]} is ${JSON.stringify(odd[1])}`;
  }
  if (status === 200) {
    return undefined;
  }
  if (status < 400 || status > 499) {
    return `its status is ${status}: ${body}`;
  }
  const isOurs = headers["x-openclaw-request-id"] !== undefined;
  return isOurs && body !== "" && !isEnvelope(body) ? `its body is ${body}` : undefined;
}

/** Does not require `param` and `code`: agent mode has core's error format without them. */
function isEnvelope(body: string): boolean {
  try {
    const { error, ...others } = JSON.parse(body);
    return (
      Object.keys(others).length === 0 &&
      typeof error.message === "string" &&
      typeof error.type === "string"
    );
  } catch {
    return false;
  }
}
