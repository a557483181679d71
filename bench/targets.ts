/** The compared targets, which all give the same answers. */
import { type AnswerKind, endMarks, isPaced, questions } from "./answers.ts";
import type { LoadPlan } from "./load.ts";

/** All targets, in the order of the tables. */
export const targetNames = [
  "direct",
  "nginx",
  "haproxy",
  "emptyPlugin",
  "listener",
  "listenerLight",
  "virtualKey",
  "light",
  "emptyGateway",
  "gateway",
  "gatewayLight",
  "core",
  "portkey",
] as const;
export type TargetName = (typeof targetNames)[number];

/** An endpoint for chat completions. */
export interface Target {
  readonly name: TargetName;
  /** Its name in the tables. */
  readonly title: string;
  readonly origin: string;
  readonly path: (kind: AnswerKind) => string;
  readonly model: string;
  readonly bearerToken: string;
  /** Additional headers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The process whose usage is measured. */
  readonly pid: number;
}

/** A request and the expected answer. */
export type TargetRequest = Omit<LoadPlan, "concurrency" | "durationMs">;

/** @param answerBytes the expected length of the answer. */
export function requestOf(target: Target, kind: AnswerKind, answerBytes: number): TargetRequest {
  const { origin, path, model, bearerToken, headers } = target;
  return {
    origin,
    path: path(kind),
    headers: {
      authorization: `Bearer ${bearerToken}`,
      "content-type": "application/json",
      ...headers,
    },
    body: JSON.stringify({
      model,
      stream: kind !== "json",
      messages: [{ role: "user", content: questions[kind] }],
    }),
    answerBytes,
    endMark: endMarks[kind],
    isPaced: isPaced(kind),
  };
}

/**
 * Sends one request to a target.
 * @throws Error if the answer is not a complete completion.
 */
export async function askOnce(target: Target, kind: AnswerKind): Promise<string> {
  return askWhole(requestOf(target, kind, 0));
}

/**
 * Sends a request once.
 * @throws Error when the answer is not a whole completion.
 */
export async function askWhole(request: Omit<TargetRequest, "answerBytes">): Promise<string> {
  const { origin, path, headers, body, endMark } = request;
  const response = await fetch(`${origin}${path}`, { method: "POST", headers, body });
  const answer = await response.text();
  if (response.status !== 200 || !answer.includes(endMark)) {
    throw new Error(`${path} answered ${response.status}: ${answer.slice(0, 1000)}`);
  }
  return answer;
}
