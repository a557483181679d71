/** What is compared: five ways to the same answer, which is JSON or a stream. */

/** In the order of the table. */
export const targetNames = ["direct", "empty", "ours", "light", "core"] as const;
export type TargetName = (typeof targetNames)[number];

export const answerKinds = ["json", "stream"] as const;
export type AnswerKind = (typeof answerKinds)[number];

type PerKind<T> = Readonly<Record<AnswerKind, T>>;

/** Somewhere that takes chat completions. */
export interface Endpoint {
  readonly origin: string;
  readonly paths: PerKind<string>;
  readonly model: string;
  readonly bearerToken: string;
  /** Beside those that every request has. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request, and the length of its answer. */
interface TargetRequest {
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly answerBytes: number;
}

export type Target = PerKind<TargetRequest>;

/** What an answer must hold to be a whole one. */
const markOf: PerKind<string> = { json: "Hello from the provider.", stream: "data: [DONE]" };

/**
 * Asks an endpoint for each kind of answer.
 * @throws Error when an answer is not a whole completion.
 */
export async function askOnce(endpoint: Endpoint): Promise<PerKind<string>> {
  return { json: await answerOf(endpoint, "json"), stream: await answerOf(endpoint, "stream") };
}

/**
 * The requests to an endpoint; their answers' lengths are those of `answers`.
 * @param answers what it gives when it is asked once.
 */
export function targetOf(endpoint: Endpoint, answers: PerKind<string>): Target {
  const withLength = (kind: AnswerKind) => ({
    ...requestTo(endpoint, kind),
    answerBytes: Buffer.byteLength(answers[kind]),
  });
  return { json: withLength("json"), stream: withLength("stream") };
}

function requestTo(endpoint: Endpoint, kind: AnswerKind): Omit<TargetRequest, "answerBytes"> {
  const { origin, paths, model, bearerToken, headers } = endpoint;
  return {
    origin,
    path: paths[kind],
    headers: {
      authorization: `Bearer ${bearerToken}`,
      "content-type": "application/json",
      ...headers,
    },
    body: JSON.stringify({
      model,
      stream: kind === "stream",
      messages: [{ role: "user", content: "Say hello." }],
    }),
  };
}

async function answerOf(endpoint: Endpoint, kind: AnswerKind): Promise<string> {
  const { origin, path, headers, body } = requestTo(endpoint, kind);
  const response = await fetch(`${origin}${path}`, { method: "POST", headers, body });
  const answer = await response.text();
  if (response.status !== 200 || !answer.includes(markOf[kind])) {
    throw new Error(`${path} answered ${response.status}: ${answer.slice(0, 1000)}`);
  }
  return answer;
}
