/** Formats the models of all providers, what came of attempts at them, and the fallbacks between them. Pure. */
import { table } from "../control/table.ts";
import type { TargetView } from "../telemetry/views.ts";
import type { RelayStatus } from "./ask.ts";
import { describeFallbacks } from "./describe-status.ts";
import { describeFailure } from "../control/live-problems.ts";
import type { Screen } from "./screen.ts";
import { between, count, money, name, p50And99, share } from "../control/units.ts";

/** Most attempts first. @returns lines without a final line feed. */
export function describeTargets(relay: RelayStatus, screen: Screen): string {
  if (relay.targets.length === 0) {
    return "No provider has been called since the relay's start.";
  }
  return [
    ...health(relay, screen),
    ...describeFailures(relay, screen),
    "",
    ...usage(relay, screen),
    ...describeFallbacks(relay, screen),
  ].join("\n");
}

function health({ targets }: RelayStatus, { width, paint }: Screen): readonly string[] {
  const [header = "", ...rows] = table(
    [
      ["target", "wire", "attempts", "failed", "5 min", "p50/p99", "circuit"],
      ...targets.map((view) => [
        targetName(view),
        name(view.wire),
        count(view.attempts),
        view.failures === 0 ? "0" : paint("yellow", count(view.failures)),
        share(view.recent.failureShare),
        p50And99(view.firstOutputMs),
        view.circuit === "closed" ? "closed" : paint("red", view.circuit),
      ]),
    ],
    { width, left: [0, 1], flexible: [1] },
  );
  return [
    paint("bold", "Attempts, and the time to their first token"),
    paint("dim", header),
    ...rows,
  ];
}

function usage({ targets }: RelayStatus, { width, paint }: Screen): readonly string[] {
  const [header = "", ...rows] = table(
    [
      ["target", "tokens in", "cached", "out", "cost", "between tokens"],
      ...targets.map((view) => [
        targetName(view),
        count(view.tokensIn),
        count(view.tokensCached),
        count(view.tokensOut),
        money(view.costUsd),
        p50And99(view.betweenTokensMs),
      ]),
    ],
    { width },
  );
  return [paint("bold", "Tokens"), paint("dim", header), ...rows];
}

function targetName({ provider, model }: Pick<TargetView, "provider" | "model">): string {
  return `${name(provider)}/${name(model)}`;
}

function describeFailures(
  { targets, at }: RelayStatus,
  { width, paint }: Screen,
): readonly string[] {
  const failed = targets.flatMap((view) =>
    view.lastFailure === null
      ? []
      : [
          [
            targetName(view),
            describeFailure(view.lastFailure),
            `${between(view.lastFailure.at, at)} ago`,
          ],
        ],
  );
  return failed.length === 0
    ? []
    : ["", paint("bold", "Last failures"), ...table(failed, { width, left: [0, 1] })];
}
