/** Formats the status: problems first, then who is slow, who fails, who pays, then tables. Pure. */
import { table } from "../control/table.ts";
import { operatorName } from "../telemetry/request-view.ts";
import type { KeyLimitView, ProviderView } from "../telemetry/views.ts";
import type { GatewayStatus, RelayStatus } from "./ask.ts";
import { describeFailure, isBudget } from "../control/live-problems.ts";
import type { Problem } from "../control/problems.ts";
import { withDetails, wrapped } from "./layout.ts";
import type { Screen, Style } from "./screen.ts";
import { between, count, counted, money, ms, name, p50And99, share } from "../control/units.ts";

/** Rows of a table in the status. */
const maxRows = 12;
/** Problems that are described; many keys may be over their limits. */
const maxProblems = 10;

const errorHeaders = ["client", "provider", "relay"];

/** @returns lines without a final line feed. */
export function describeStatus(status: GatewayStatus, screen: Screen): string {
  const { relay } = status;
  return [
    ...headOf(status, screen),
    ...describeProblems(status.problems, screen),
    ...(relay === undefined ? [] : describeRelay(relay, screen)),
  ].join("\n");
}

function headOf({ ok, relay }: GatewayStatus, { width, paint }: Screen): readonly string[] {
  const state = ok ? "serving" : "NOT SERVING";
  const more =
    relay === undefined
      ? ""
      : `, mode ${name(relay.mode)}, OpenClaw ${name(relay.host.version)}, for ${between(relay.since, relay.at)}`;
  return wrapped(`The relay: ${state}${more}`, width, 2).map((line, at) =>
    at === 0 ? line.replace(state, paint(ok ? "green" : "red", state)) : line,
  );
}

function describeProblems(problems: readonly Problem[], screen: Screen): readonly string[] {
  const { paint } = screen;
  if (problems.length === 0) {
    return ["No problems."];
  }
  const shown = problems.slice(0, maxProblems);
  const hidden = problems.length - shown.length;
  return [
    paint("bold", counted(problems.length, "problem")),
    ...shown.flatMap((problem) => describeProblem(problem, screen)),
    ...(hidden > 0 ? [`… ${hidden} more: --json, and the tables below`] : []),
  ];
}

function describeProblem(problem: Problem, { width, paint }: Screen): readonly string[] {
  const { severity, path, message, fix } = problem;
  const [first = "", ...more] = wrapped(`${severity} ${name(path)}`, width, 2);
  return [
    first.replace(severity, paint(severity === "error" ? "red" : "yellow", severity)),
    ...more,
    ...[message, fix].flatMap((sentence) =>
      wrapped(wholePrintable(sentence), width - 2).map((line) => `  ${line}`),
    ),
  ];
}

/** A message may be longer than a name. */
function wholePrintable(text: string): string {
  return (text.match(/.{1,200}/gs) ?? []).map((part) => name(part)).join("");
}

function describeRelay(relay: RelayStatus, screen: Screen): readonly string[] {
  return [
    "",
    ...describeTotals(relay, screen),
    ...glance(relay, screen),
    ...section("Providers (first token of the last five minutes)", providerRows(relay, screen), {
      screen,
      more: "--json",
    }),
    ...section("Agents", relay.agents.length === 0 ? [] : agentRows(relay), {
      screen,
      more: "--json",
    }),
    ...describeKeys(relay, screen),
    ...section("Fallbacks", fallbackRows(relay), {
      screen,
      more: "`openclaw passthrough targets`",
      left: [0, 1, 2],
    }),
    ...section("Agent runs under way", runRows(relay), { screen, more: "--json", left: [0, 1] }),
    ...describeEstimate(relay, screen),
  ];
}

interface SectionOptions {
  readonly screen: Screen;
  /** Where the other rows are. */
  readonly more: string;
  readonly left?: readonly number[];
  /** Lines below each row but the header. */
  readonly details?: readonly (readonly string[])[];
}

/** @param rows the header first; no section if there is nothing else. */
function section(
  title: string,
  rows: readonly (readonly string[])[],
  { screen, more, left = [0], details = [] }: SectionOptions,
): readonly string[] {
  if (rows.length < 2) {
    return [];
  }
  const [header = "", ...lines] = table(rows.slice(0, maxRows + 1), { width: screen.width, left });
  const hidden = rows.length - 1 - lines.length;
  return [
    "",
    screen.paint("bold", title),
    screen.paint("dim", header),
    ...withDetails(lines, details),
    ...(hidden > 0 ? [`… ${hidden} more: ${more}`] : []),
  ];
}

/** A number that is marked unless it is 0. */
function marked(value: number, style: Style, { paint }: Screen): string {
  return value === 0 ? "0" : paint(style, count(value));
}

function describeTotals({ totals, recent }: RelayStatus, screen: Screen): readonly string[] {
  const [header = "", ...rows] = table(
    [
      ["", "requests", ...errorHeaders, "disconnects", "first p50/p99"],
      [
        "in all",
        count(totals.requests),
        count(totals.clientErrors),
        marked(totals.providerErrors, "yellow", screen),
        marked(totals.relayErrors, "red", screen),
        count(totals.disconnects),
        p50And99(totals.firstOutputMs),
      ],
      [
        "last 5 min",
        count(recent.requests),
        "",
        marked(recent.providerErrors, "yellow", screen),
        marked(recent.relayErrors, "red", screen),
        "",
        p50And99(recent.firstOutputMs),
      ],
    ],
    { width: screen.width },
  );
  return [
    screen.paint("bold", "Requests, and failures by whose fault they were"),
    screen.paint("dim", header),
    ...rows,
    ...wrapped(
      `Now ${count(totals.openRequests)} open, ${count(totals.openStreams)} streaming; in all ${count(totals.retries)} retries, ${counted(totals.fallbacks, "fallback")}, ${money(totals.costUsd)}`,
      screen.width,
      2,
    ),
  ];
}

/** Who is slow, who fails, who pays. */
function glance(relay: RelayStatus, { width, paint }: Screen): readonly string[] {
  const slowest = best(
    relay.providers,
    ({ recent, firstOutputMs }) => (recent.firstOutputMs ?? firstOutputMs)?.p99,
  );
  const failing = best(relay.providers, ({ recent }) => recent.failureShare ?? 0);
  const payer = best(relay.keys, ({ costUsd }) => costUsd);
  const lines = [
    slowest === undefined
      ? undefined
      : ([
          "Slowest",
          `${name(slowest.provider)}: first token ${p50And99(slowest.recent.firstOutputMs ?? slowest.firstOutputMs)} (p50/p99)`,
        ] as const),
    failing === undefined
      ? undefined
      : ([
          "Fails",
          `${name(failing.provider)}: ${share(failing.recent.failureShare)} of ${counted(failing.recent.attempts, "attempt")} in the last five minutes${failing.lastFailure === null ? "" : `, ${describeFailure(failing.lastFailure)}`}`,
        ] as const),
    payer === undefined
      ? undefined
      : ([
          "Pays",
          `${keyName(payer.key)}: ${money(payer.costUsd)} of ${money(relay.totals.costUsd)} for ${counted(payer.requests, "request")}`,
        ] as const),
  ];
  return lines
    .filter((line) => line !== undefined)
    .flatMap(([label, text]) =>
      wrapped(text, width - 9).map(
        (line, at) => `${at === 0 ? paint("bold", label.padEnd(9)) : " ".repeat(9)}${line}`,
      ),
    );
}

/** The one with the highest value above 0. */
function best<T>(views: readonly T[], valueOf: (view: T) => number | undefined): T | undefined {
  let found: T | undefined;
  let highest = 0;
  for (const view of views) {
    const value = valueOf(view) ?? 0;
    if (value > highest) {
      found = view;
      highest = value;
    }
  }
  return found;
}

const worstFirst: readonly ProviderView["state"][] = ["down", "failing", "up"];
const stateStyles = { up: "green", failing: "yellow", down: "red" } as const;

function providerRows({ providers }: RelayStatus, screen: Screen): readonly string[][] {
  const { paint } = screen;
  const sorted = providers.toSorted(
    (a, b) => worstFirst.indexOf(a.state) - worstFirst.indexOf(b.state) || b.attempts - a.attempts,
  );
  return [
    ["provider", "state", "attempts", "failed", "5 min", "p50/p99", "circuit", "login", "queue"],
    ...sorted.map((view) => [
      name(view.provider),
      paint(stateStyles[view.state], view.state),
      count(view.attempts),
      count(view.failures),
      share(view.recent.failureShare),
      p50And99(view.recent.firstOutputMs),
      view.circuit === "closed" ? "closed" : paint("red", view.circuit),
      view.credential === "ok" ? "ok" : paint("red", view.credential),
      `${count(view.active)}+${count(view.queued)}`,
    ]),
  ];
}

function agentRows({ agents }: RelayStatus): readonly string[][] {
  return [
    ["agent", "requests", ...errorHeaders, "first p50/p99", "tokens in/out", "cost"],
    ...agents.map((view) => [
      name(view.agent, "(none)"),
      count(view.requests),
      count(view.clientErrors),
      count(view.providerErrors),
      count(view.relayErrors),
      p50And99(view.firstOutputMs),
      tokens(view),
      money(view.costUsd),
    ]),
  ];
}

/** Such as `1234/56`. */
export function tokens(used: { readonly tokensIn: number; readonly tokensOut: number }): string {
  return `${count(used.tokensIn)}/${count(used.tokensOut)}`;
}

/** Who pays most comes first. */
function describeKeys({ keys }: RelayStatus, screen: Screen): readonly string[] {
  const sorted = keys.toSorted((a, b) => b.costUsd - a.costUsd || b.requests - a.requests);
  const rows = [
    ["key", "requests", ...errorHeaders, "tokens in/out", "cost"],
    ...sorted.map((view) => [
      keyName(view.key),
      count(view.requests),
      count(view.clientErrors),
      count(view.providerErrors),
      count(view.relayErrors),
      tokens(view),
      money(view.costUsd),
    ]),
  ];
  return section("Keys", rows, {
    screen,
    more: "`openclaw passthrough keys`",
    details: sorted.map(({ limits }) => describeLimits(limits, screen)),
  });
}

/** Empty for requests without a valid key. */
export function keyName(key: string | null): string {
  return key === null ? operatorName : name(key, "(no key)");
}

const limitWords: Readonly<Record<string, string>> = {
  requests: " req/min",
  tokens: " tokens/min",
  concurrency: " at once",
  "budget-day": "/day",
  "budget-month": "/month",
};

/** From 0 to 1. */
function leftOf({ limit, remaining }: KeyLimitView): number {
  return limit > 0 ? remaining / limit : 0;
}

/** What is left of each limit, the scarcest first, such as `left: $0.12 of $5.0000/day, 3 of 60 req/min`. */
export function describeLimits(
  limits: readonly KeyLimitView[],
  { width, paint }: Screen,
): readonly string[] {
  if (limits.length === 0) {
    return [];
  }
  const words = limits
    .toSorted((a, b) => leftOf(a) - leftOf(b))
    .map((limit) => {
      const word = limitWords[limit.name] ?? ` ${name(limit.name)}`;
      return isBudget(limit.name)
        ? `${money(limit.remaining)} of ${money(limit.limit)}${word}`
        : `${count(limit.remaining)} of ${count(limit.limit)}${word}`;
    });
  const isUsedUp = limits.some(({ remaining }) => remaining <= 0);
  return wrapped(`left: ${words.join(", ")}`, width - 2, 6).map(
    (line) => `  ${isUsedUp ? paint("red", line) : line}`,
  );
}

function fallbackRows({ fallbacks }: RelayStatus): readonly string[][] {
  return [
    ["from", "to", "reason", "count"],
    ...fallbacks.map(({ from, to, reason, count: times }) => [
      name(from),
      name(to),
      name(reason),
      count(times),
    ]),
  ];
}

/** For `targets`, too. */
export function describeFallbacks(relay: RelayStatus, screen: Screen): readonly string[] {
  return section("Fallbacks", fallbackRows(relay), { screen, more: "--json", left: [0, 1, 2] });
}

function runRows({ runs }: RelayStatus): readonly string[][] {
  return [
    ["agent", "key", "age", "model calls"],
    ...runs.map(({ agent, key, ageMs, modelCalls }) => [
      name(agent),
      keyName(key),
      ms(ageMs),
      count(modelCalls),
    ]),
  ];
}

function describeEstimate({ estimate }: RelayStatus, { width }: Screen): readonly string[] {
  return estimate === null
    ? []
    : [
        "",
        ...wrapped(
          `Estimate: full agent turns in place of ${count(estimate.requests)} answered passthrough and light requests would have used ${count(estimate.savedTokensIn)} more prompt tokens and ${money(estimate.savedCostUsd)} (average of ${count(estimate.samples)} measured turns: ${count(estimate.averageTokensIn)} prompt tokens, ${money(estimate.averageCostUsd)}).`,
          width,
          2,
        ),
      ];
}
