/** What is asked of two builds, and how. */
import { gatewayToken } from "../../test/support/gateway.ts";
import { type AnswerKind, endMarks, questions } from "../answers.ts";
import { limitedKey, virtualKey } from "../gateways.ts";
import type { LoadPlan } from "../load.ts";

export interface BenchCase {
  readonly name: string;
  /** As it stands in the table. */
  readonly title: string;
  readonly surface: keyof typeof surfaces;
  /** All but `json` are streams: events one by one or all in one piece, 23 or 403 of them. */
  readonly kind: Exclude<AnswerKind, "paced" | "steady" | "sparse">;
  readonly isLight: boolean;
  /** A session of the relay's for each connection. */
  readonly hasSession: boolean;
  /** Some 200 kB of earlier messages, as they are after hours of work. */
  readonly isLong: boolean;
}

const surfaces = {
  token: { title: "gateway token", path: "/v1/chat/completions", bearerToken: gatewayToken },
  key: {
    title: "virtual key",
    path: "/passthrough/v1/chat/completions",
    bearerToken: virtualKey,
  },
  limitedKey: {
    title: "key with budget and token limit",
    path: "/passthrough/v1/chat/completions",
    bearerToken: limitedKey,
  },
} as const;

const kindTitles = {
  json: "JSON",
  burst: "stream, events one by one",
  packet: "stream, events in one packet",
  page: "stream of 403 events, one by one",
  pagePacket: "stream of 403 events, in one packet",
} as const;

const passthrough = { isLight: false, hasSession: false, isLong: false };
const light = { ...passthrough, isLight: true };
const session = { ...light, hasSession: true };

export const benchCases: readonly BenchCase[] = [
  ...(["token", "key", "limitedKey"] as const).flatMap((surface) =>
    (["json", "burst", "packet"] as const).map((kind) =>
      benchCase({ ...passthrough, surface, kind }),
    ),
  ),
  ...(["burst", "packet"] as const).map((kind) => benchCase({ ...light, surface: "key", kind })),
  ...(["burst", "packet", "page", "pagePacket"] as const).map((kind) =>
    benchCase({ ...session, surface: "limitedKey", kind }),
  ),
  benchCase({ ...passthrough, isLong: true, surface: "key", kind: "json" }),
  benchCase({ ...passthrough, isLong: true, surface: "key", kind: "packet" }),
  benchCase({ ...session, isLong: true, surface: "limitedKey", kind: "packet" }),
];

function benchCase(traits: Omit<BenchCase, "name" | "title">): BenchCase {
  const { surface, kind, isLight, hasSession, isLong } = traits;
  return {
    ...traits,
    name: [
      surface,
      ...said(isLight, "light"),
      ...said(hasSession, "session"),
      ...said(isLong, "long"),
      kind,
    ].join("-"),
    title: [
      surfaces[surface].title,
      ...said(isLight, "light"),
      ...said(hasSession, "session"),
      ...said(isLong, "200 kB of messages"),
      kindTitles[kind],
    ].join(", "),
  };
}

function said(is: boolean, word: string): string[] {
  return is ? [word] : [];
}

/** A request, but for the length of its answer. */
export type CaseRequest = Omit<LoadPlan, "concurrency" | "durationMs" | "answerBytes">;

/** @param origin the gateway's. */
export function caseRequest(origin: string, benched: BenchCase): CaseRequest {
  const { surface, kind, isLight, hasSession, isLong } = benched;
  const { path, bearerToken } = surfaces[surface];
  const { turns, linesPerMessage } = isLong ? longConversation : shortConversation;
  return {
    origin,
    path,
    headers: {
      authorization: `Bearer ${bearerToken}`,
      "content-type": "application/json",
      ...(isLight ? { "x-openclaw-light-context": "true" } : {}),
    },
    ...(hasSession ? { connectionNameHeader: "x-openclaw-session" } : {}),
    body: JSON.stringify({
      model: "openclaw",
      stream: kind !== "json",
      messages: [
        ...Array.from({ length: turns }, (_, turn) => earlierTurn(turn, linesPerMessage)).flat(),
        { role: "user", content: questions[kind] },
      ],
    }),
    endMark: endMarks[kind],
    isPaced: false,
  };
}

const shortConversation = { turns: 1, linesPerMessage: 1 };
const longConversation = { turns: 100, linesPerMessage: 16 };

/**
 * The client sends the conversation with each request, as voice platforms do. So a session is as long in each round, and
 * the build that answers faster does not have to carry more.
 */
function earlierTurn(turn: number, lines: number): object[] {
  const text = `Line ${turn} says "what was said", with a \\ and a line end.\n`.repeat(lines);
  return [
    { role: "user", content: `Tell me about ${turn}. ${text}` },
    { role: "assistant", content: text },
  ];
}
