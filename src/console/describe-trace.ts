/** Formats one request as a waterfall of its attempts. Pure. */
import { table } from "../control/table.ts";
import type { AttemptView, RequestView } from "../telemetry/views.ts";
import { describeFailure } from "../control/live-problems.ts";
import { wrapped } from "./layout.ts";
import type { Screen } from "./screen.ts";
import { count, instant, money, ms, name } from "../control/units.ts";

/** Attempts in the waterfall: the last ones. */
const maxAttempts = 40;

const waiting = "░";
const answering = "█";
const skippedMark = "×";

/** @returns lines without a final line feed. */
export function describeTrace(view: RequestView, screen: Screen): string {
  const { width, paint } = screen;
  const { fault, attempts } = view;
  const ended = `${view.status} ${name(view.outcome)}${fault === null ? "" : `, the ${fault}'s fault`}`;
  const shown = attempts.slice(-maxAttempts);
  const hidden = attempts.length - shown.length;
  return [
    `Request ${name(view.id).slice(0, 64)}`,
    ...facts(
      [
        ["arrived", `${instant(view.at)} UTC`],
        ["ended", fault === null ? ended : paint(fault === "relay" ? "red" : "yellow", ended)],
        [
          "from",
          `${view.key === null ? "no virtual key" : `key ${name(view.key)}`}, agent ${name(view.agent)}`,
        ],
        [
          "served",
          `${name(view.endpoint)}${view.stream ? " as a stream" : ""}, mode ${name(view.mode)}`,
        ],
        ["model", `asked for ${name(view.askedModel)}, answered by ${name(view.model)}`],
      ],
      width,
    ),
    "",
    ...waterfall(view, shown, screen),
    ...(hidden > 0 ? [`The first ${hidden} attempts are not shown; --json has them.`] : []),
    "",
    ...facts(
      [
        [
          "time",
          `${ms(view.durationMs)} in all, first output after ${ms(view.firstOutputMs)}, the relay's own ${ms(view.overheadMs)}`,
        ],
        [
          "tokens",
          `${count(view.tokensIn)} in (${count(view.tokensCached)} cached), ${count(view.tokensOut)} out (${count(view.tokensReasoning)} reasoning)`,
        ],
        ["cost", money(view.costUsd)],
      ],
      width,
    ),
  ].join("\n");
}

function facts(rows: readonly (readonly [string, string])[], width: number): readonly string[] {
  return rows.flatMap(([label, text]) =>
    wrapped(text, width - 10).map((line, at) => `${(at === 0 ? label : "").padEnd(10)}${line}`),
  );
}

/** A bar for each attempt, over a list with its outcome. */
function waterfall(
  view: RequestView,
  attempts: readonly AttemptView[],
  { width, paint }: Screen,
): readonly string[] {
  if (attempts.length === 0) {
    return ["No target was tried."];
  }
  const labelWidth = Math.min(
    Math.floor(width / 3),
    Math.max(7, ...attempts.map(({ target }) => name(target).length + 3)),
  );
  const room = width - labelWidth - 3;
  const scale = scaleOf(view, attempts, room);
  const whole = ms(view.durationMs);
  const bars = [
    [
      "request",
      bar({ startMs: 0, durationMs: view.durationMs, firstOutputMs: view.firstOutputMs }, scale),
    ],
    ...attempts.map((attempt, at) => [
      `${at + 1} ${name(attempt.target)}`,
      attempt.skipped
        ? `${" ".repeat(scale.at(attempt.startMs))}${skippedMark}`
        : bar(attempt, scale),
    ]),
  ];
  return [
    paint("dim", `${" ".repeat(labelWidth + 2)}0${whole.padStart(room - 1)}`),
    ...table(bars, { widths: [labelWidth, room], left: [0, 1] }),
    paint(
      "dim",
      `${" ".repeat(labelWidth + 2)}${waiting} before the first output, ${answering} after it, ${skippedMark} skipped`.slice(
        0,
        width,
      ),
    ),
    "",
    ...table(
      [
        ["#", "target", "outcome", "protocol", "at", "for", "first"],
        ...attempts.map((attempt, at) => [
          String(at + 1),
          name(attempt.target),
          attempt.outcome === "ok"
            ? paint("green", "ok")
            : paint("yellow", describeFailure(attempt)),
          name(attempt.wire),
          ms(attempt.startMs),
          attempt.skipped ? "skipped" : ms(attempt.durationMs),
          ms(attempt.firstOutputMs),
        ]),
      ],
      { width, left: [0, 1, 2, 3], flexible: [3] },
    ),
  ];
}

interface Scale {
  readonly room: number;
  /** The column of a time since the request's start: from 0 to `room - 1`. */
  at(sinceStartMs: number): number;
}

function scaleOf(view: RequestView, attempts: readonly AttemptView[], room: number): Scale {
  const endMs = Math.max(
    view.durationMs,
    ...attempts.map(({ startMs, durationMs }) => startMs + durationMs),
    Number.MIN_VALUE,
  );
  return {
    room,
    at: (sinceStartMs) =>
      Math.min(room - 1, Math.max(0, Math.floor((sinceStartMs / endMs) * room) || 0)),
  };
}

/** At least one character. */
function bar(
  {
    startMs,
    durationMs,
    firstOutputMs,
  }: Pick<AttemptView, "startMs" | "durationMs" | "firstOutputMs">,
  scale: Scale,
): string {
  const from = scale.at(startMs);
  const to = Math.max(from, scale.at(startMs + durationMs));
  const first =
    firstOutputMs === null
      ? to + 1
      : Math.max(from, Math.min(to, scale.at(startMs + firstOutputMs)));
  return " ".repeat(from) + waiting.repeat(first - from) + answering.repeat(to + 1 - first);
}
