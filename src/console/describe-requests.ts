/** Formats finished requests: two lines each. Pure. */
import { table } from "../control/table.ts";
import type { AttemptView, RequestView } from "../telemetry/views.ts";
import { describeFailure } from "../control/live-problems.ts";
import { wrapped } from "./layout.ts";
import type { Screen, Style } from "./screen.ts";
import { clock, count, money, ms, name } from "../control/units.ts";

const header = ["time UTC", "id", "status", "key", "in/out", "cost", "first", "total"];
/** The same for all, so that the parts of a followed list line up. 0: what is left. */
const fixedWidths = [8, 8, 6, 0, 11, 8, 6, 6];

/** Attempts described in full; a request may have made many more. */
const maxAttempts = 16;

/** The line above the list. */
export function requestsHeader(screen: Screen): string {
  return screen.paint("dim", table([header], layoutOf(screen)).join(""));
}

/** @returns no line for no request. */
export function describeRequests(
  requests: readonly RequestView[],
  screen: Screen,
): readonly string[] {
  const lines =
    requests.length === 0
      ? []
      : table(
          requests.map((view) => cells(view, screen)),
          layoutOf(screen),
        );
  return requests.flatMap((view, at) => [
    lines[at] ?? "",
    ...wrapped(describeWay(view), screen.width - 2, 2).map((line) => `  ${line}`),
  ]);
}

function layoutOf({ width }: Screen) {
  const taken = fixedWidths.reduce((sum, column) => sum + column, 2 * (fixedWidths.length - 1));
  const rest = Math.min(64, Math.max(1, width - taken));
  return { widths: fixedWidths.map((column) => column || rest), left: [0, 1, 2, 3] };
}

function cells(view: RequestView, { paint }: Screen): readonly string[] {
  const style = styleOf(view);
  const status = String(view.status).slice(0, 6);
  return [
    clock(view.at),
    name(view.id).slice(0, 8),
    style === undefined ? status : paint(style, status),
    name(view.key),
    `${count(view.tokensIn)}/${count(view.tokensOut)}`,
    money(view.costUsd),
    ms(view.firstOutputMs).replace(" ", ""),
    ms(view.durationMs).replace(" ", ""),
  ];
}

function styleOf({ fault }: RequestView): Style | undefined {
  return fault === null ? undefined : fault === "relay" ? "red" : "yellow";
}

/** The agent, the mode, the outcome, and all targets that were tried. */
function describeWay(view: RequestView): string {
  const { agent, mode, endpoint, outcome, fault, attempts } = view;
  const way = attempts.slice(-maxAttempts).map(describeAttempt).join("; ");
  const who = [agent, mode ?? endpoint].filter((part) => part !== null).map((part) => name(part));
  const ended = outcome === "ok" ? "" : `, ${name(outcome)}${fault === null ? "" : ` (${fault})`}`;
  return `${who.join(", ")}${ended}: ${way || "no target tried"}`;
}

/** Such as `local/m1 upstream_failed 503 22 ms`. */
function describeAttempt(attempt: AttemptView): string {
  const { target, skipped, durationMs } = attempt;
  return `${name(target)} ${describeFailure(attempt)} ${skipped ? "skipped" : ms(durationMs)}`;
}

/** Of no request. */
export const noRequests = `No request fits. The relay keeps the last 10,000 since its thread started, in memory.`;
