/** What an answer to a bad request may look like. */

interface SomeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: { toString(): string };
}

/**
 * What is wrong with an answer; undefined where it is a good one, or a refusal as it should be: a 4xx, with OpenAI's envelope
 * where it is ours and not Node's or the gateway's, in headers of visible characters.
 * @param secrets what must be nowhere in it.
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

/** Agent mode has core's own envelope, which is without `param` and `code`. */
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
