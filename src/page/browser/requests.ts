/** The recent requests, and the waterfall of one that is pressed. */
import { count, money, ms, none } from "../../control/units.ts";
import type { RequestView } from "../../telemetry/views.ts";
import { waterfall, type WaterfallBar } from "../waterfall.ts";
import { element } from "./dom.ts";
import { type Content, createTable, type Table, type Tone } from "./table.ts";

const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

const faultTones: Readonly<Record<string, Tone>> = {
  client: "warn",
  provider: "bad",
  relay: "bad",
};
const faultWords: Readonly<Record<string, string>> = {
  client: "the client's request",
  provider: "the provider",
  relay: "the relay, its gateway or their config",
};

function result({ status, outcome, fault }: RequestView): Content {
  const tone = fault === null ? (outcome === "ok" ? "good" : "quiet") : faultTones[fault];
  return { text: outcome === "ok" ? String(status) : `${status} ${outcome}`, tone };
}

function model({ askedModel, model: served }: RequestView): Content {
  const asked = askedModel ?? none;
  return {
    text: served === null ? asked : served,
    note: served === null || served === askedModel ? undefined : `asked for ${asked}`,
  };
}

function tries({ attempts }: RequestView): Content {
  const made = attempts.filter(({ skipped }) => !skipped).length;
  const skipped = attempts.length - made;
  return {
    text: count(made),
    note: skipped === 0 ? undefined : `${count(skipped)} skipped`,
  };
}

export function createRequestTable(): Table<RequestView> {
  return createTable<RequestView>({
    id: "requests",
    caption: "Recent requests",
    empty: "No request yet.",
    key: ({ id }) => id,
    detail,
    columns: [
      { label: "Time", cell: ({ at }) => clock.format(new Date(at)) },
      { label: "Result", cell: result },
      { label: "Key", cell: ({ key }) => key ?? "(operator)" },
      {
        label: "Agent",
        cell: ({ agent, mode }) => ({
          text: agent ?? none,
          note: mode === null ? undefined : mode,
        }),
      },
      { label: "Model", cell: model },
      { label: "Attempts", isNumber: true, cell: tries },
      {
        label: "First token",
        isNumber: true,
        cell: ({ firstOutputMs }) => ms(firstOutputMs),
      },
      { label: "Whole", isNumber: true, cell: ({ durationMs }) => ms(durationMs) },
      {
        label: "Tokens in / out",
        isNumber: true,
        cell: ({ tokensIn, tokensOut }) => `${count(tokensIn)} / ${count(tokensOut)}`,
      },
      { label: "Cost", isNumber: true, cell: ({ costUsd }) => money(costUsd) },
    ],
  });
}

/** Failed ones first on demand; else the newest first. */
export function ordered(
  requests: readonly RequestView[],
  isFailedFirst: boolean,
): readonly RequestView[] {
  const newestFirst = requests.toReversed();
  return isFailedFirst
    ? [
        ...newestFirst.filter(({ fault }) => fault !== null),
        ...newestFirst.filter(({ fault }) => fault === null),
      ]
    : newestFirst;
}

function detail(request: RequestView): Node {
  const bars = waterfall(request);
  return element("div", { class: "waterfall" }, [
    bars.length === 0
      ? element("p", {}, ["No target was tried."])
      : element("ol", { "aria-label": "Attempts" }, bars.map(attemptLine)),
    element("dl", { class: "facts" }, facts(request)),
  ]);
}

function attemptLine({ attempt, start, length, firstOutput }: WaterfallBar): Node {
  const tone = attempt.skipped ? "quiet" : attempt.outcome === "ok" ? "good" : "bad";
  const bar = element("span", { class: `bar ${tone}` });
  bar.style.left = `${start * 100}%`;
  bar.style.width = `${length * 100}%`;
  const mark = element("span", { class: "mark" });
  mark.style.left = `${(firstOutput ?? 0) * 100}%`;
  const outcome = `${attempt.outcome}${attempt.status === null ? "" : ` ${attempt.status}`}`;
  const times = attempt.skipped
    ? "skipped"
    : [
        `began after ${ms(attempt.startMs)}`,
        ...(attempt.firstOutputMs === null
          ? []
          : [`first token ${ms(attempt.firstOutputMs)} later`]),
        `took ${ms(attempt.durationMs)}`,
      ].join(", ");
  return element("li", {}, [
    element("span", { class: "target" }, [attempt.target]),
    element("span", { class: `badge ${tone}` }, [outcome]),
    element("span", { class: "track", "aria-hidden": "true" }, [
      bar,
      firstOutput === null ? undefined : mark,
    ]),
    element("span", { class: "note" }, [times]),
  ]);
}

function facts(request: RequestView): Node[] {
  const pairs: readonly (readonly [string, string])[] = [
    ["Request", request.id],
    ["Arrived", request.at],
    ["Endpoint", request.endpoint],
    ["Fault of", request.fault === null ? none : (faultWords[request.fault] ?? request.fault)],
    ["Asked for", request.askedModel ?? none],
    ["Answered by", request.model ?? none],
    ["Stream", request.stream ? "yes" : "no"],
    [
      "Tokens",
      `${count(request.tokensIn)} in (${count(request.tokensCached)} cached), ${count(request.tokensOut)} out (${count(request.tokensReasoning)} reasoning)`,
    ],
    ["The relay's own time", ms(request.overheadMs)],
  ];
  return pairs.map(([name, value]) =>
    element("div", {}, [element("dt", {}, [name]), element("dd", {}, [value])]),
  );
}
