/** The four charts, and the same in words. */
import { count, money, ms } from "../../control/units.ts";
import { perSecond } from "../format.ts";
import uPlot from "uplot";
import type { SeriesRange, SeriesView } from "../../telemetry/views.ts";
import { element, setText } from "./dom.ts";

type Points = readonly (number | null)[];

interface Line {
  readonly label: string;
  /** A custom property of the style sheet. */
  readonly colour: string;
  readonly points: (view: SeriesView) => Points;
  readonly format: (value: number) => string;
  /** At the axis, if not `format`. */
  readonly atAxis?: (value: number) => string;
  readonly dash?: number[];
  readonly isFilled?: boolean;
  /** Whether it has the axis at the right. */
  readonly isRight?: boolean;
}

interface Chart {
  readonly title: string;
  readonly lines: readonly Line[];
  /** Draws steps: for counts, which have no values between two points. */
  readonly isStepped?: boolean;
}

const perMinute = (column: (view: SeriesView) => readonly number[]) => (view: SeriesView) =>
  column(view).map((value) => (value * 60_000) / view.stepMs);
const eachSecond = (column: (view: SeriesView) => readonly number[]) => (view: SeriesView) =>
  column(view).map((value) => (value * 1000) / view.stepMs);
const inMinute = (value: number) => `${value < 10 ? trimmed(value) : count(value)}/min`;

const charts: readonly Chart[] = [
  {
    title: "Requests per second",
    lines: [
      {
        label: "requests",
        colour: "--line-1",
        points: eachSecond(({ requests }) => requests),
        format: perSecond,
        isFilled: true,
      },
    ],
  },
  {
    title: "Time to the first token",
    lines: [
      {
        label: "p50",
        colour: "--line-1",
        points: (view) => view.firstOutputP50Ms,
        format: ms,
      },
      {
        label: "p99",
        colour: "--line-2",
        points: (view) => view.firstOutputP99Ms,
        format: ms,
        dash: [6, 3],
      },
    ],
  },
  {
    title: "Failures and fallbacks",
    isStepped: true,
    lines: [
      {
        label: "by providers",
        colour: "--line-bad",
        points: perMinute(({ providerErrors }) => providerErrors),
        format: inMinute,
        isFilled: true,
      },
      {
        label: "by the relay",
        colour: "--line-4",
        points: perMinute(({ relayErrors }) => relayErrors),
        format: inMinute,
      },
      {
        label: "by clients",
        colour: "--line-warn",
        points: perMinute(({ clientErrors }) => clientErrors),
        format: inMinute,
        dash: [2, 2],
      },
      {
        label: "fallbacks",
        colour: "--line-3",
        points: perMinute(({ fallbacks }) => fallbacks),
        format: inMinute,
        dash: [6, 3],
      },
    ],
  },
  {
    title: "Tokens and cost",
    lines: [
      {
        label: "in",
        colour: "--line-1",
        points: eachSecond(({ tokensIn }) => tokensIn),
        format: tokensPerSecond,
      },
      {
        label: "out",
        colour: "--line-3",
        points: eachSecond(({ tokensOut }) => tokensOut),
        format: tokensPerSecond,
        dash: [6, 3],
      },
      {
        label: "cost",
        colour: "--line-2",
        points: perMinute(({ costUsd }) => costUsd),
        format: (value) => `${money(value)}/min`,
        atAxis: (value) => `$${value.toFixed(value > 0 && value < 0.1 ? 4 : 2)}/min`,
        isRight: true,
      },
    ],
  },
];

function tokensPerSecond(value: number): string {
  return `${value < 10 ? trimmed(value) : count(value)}/s`;
}

function trimmed(value: number): string {
  return String(Number(value.toFixed(1)));
}

const clock = { hour: "2-digit", minute: "2-digit" } as const;
const minutes = new Intl.DateTimeFormat("en-GB", clock);
const seconds = new Intl.DateTimeFormat("en-GB", { ...clock, second: "2-digit" });

/** @param at seconds since the epoch. @returns the time of day here. */
function timeOf(at: number): string {
  return minutes.format(at * 1000);
}

/** Labels of the axis of time, with seconds where minutes would repeat. */
function timesOf(splits: readonly number[]): string[] {
  const [first = 0, second = 60] = splits;
  return splits.map((at) => (second - first < 60 ? seconds : minutes).format(at * 1000));
}

const height = 170;

export interface Charts {
  show(view: SeriesView | undefined, range: SeriesRange): void;
  /** After a change of the colours. */
  redraw(): void;
}

/** @param place where the charts go. */
export function createCharts(place: HTMLElement): Charts {
  const drawn = charts.map((chart) => createChart(chart, place));
  let shown: SeriesView | undefined;
  return {
    show(view, range) {
      if (view !== undefined && view !== shown) {
        shown = view;
        for (const one of drawn) {
          one.show(view, range);
        }
      }
    },
    redraw() {
      colours.clear();
      for (const one of drawn) {
        one.redraw();
      }
    },
  };
}

function createChart({ title, lines, isStepped }: Chart, place: HTMLElement) {
  const summary = element("p", { class: "muted summary" });
  const values = lines.map(() => element("b"));
  const legend = element(
    "ul",
    { class: "legend", "aria-hidden": "true" },
    lines.map(({ label, colour }, at) => {
      const swatch = element("i");
      swatch.style.background = `var(${colour})`;
      return element("li", {}, [swatch, `${label} `, values[at]]);
    }),
  );
  const canvas = element("div", { class: "plot", "aria-hidden": "true" });
  const caption = element("figcaption", {}, [element("h2", {}, [title]), summary]);
  place.append(element("figure", { class: "card" }, [caption, canvas, legend]));

  let plot: uPlot | undefined;
  const showValues = () => {
    const { data, cursor } = plot ?? {};
    const last = (data?.[0].length ?? 0) - 1;
    const at = cursor?.idx ?? last;
    for (const [line, { format }] of lines.entries()) {
      const value = data?.[line + 1]?.[at];
      setText(values[line] ?? canvas, value === null || value === undefined ? "–" : format(value));
    }
  };
  const width = () => Math.max(200, canvas.clientWidth);
  const create = (data: uPlot.AlignedData) =>
    new uPlot(
      {
        width: width(),
        height,
        legend: { show: false },
        cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
        scales: {
          y: { range: upFromZero },
          right: { range: upFromZero },
        },
        series: [{}, ...lines.map((line) => seriesOf(line, isStepped === true))],
        axes: axesOf(lines),
        hooks: { setCursor: [showValues] },
      },
      data,
      canvas,
    );
  new ResizeObserver(() => {
    if (plot !== undefined && plot.width !== width()) {
      plot.setSize({ width: width(), height });
    }
  }).observe(canvas);

  return {
    show(view: SeriesView, range: SeriesRange) {
      const data: uPlot.AlignedData = [
        [...view.at],
        ...lines.map(({ points }) => [...points(view)]),
      ];
      if (plot === undefined) {
        plot = create(data);
      } else {
        plot.setData(data);
      }
      showValues();
      setText(summary, inWords(lines, view, range));
    },
    redraw: () => plot?.redraw(false),
  };
}

/** A whole scale from zero, also where all is zero. */
function upFromZero(_plot: uPlot, _low: number, high: number | null): [number, number] {
  return [0, high === null || high <= 0 ? 1 : high * 1.1];
}

function seriesOf(line: Line, isStepped: boolean): uPlot.Series {
  const stepped = uPlot.paths.stepped?.({ align: -1 });
  return {
    label: line.label,
    scale: line.isRight === true ? "right" : "y",
    stroke: () => colourOf(line.colour),
    width: 1.5,
    points: { show: false },
    ...(line.dash && { dash: line.dash }),
    ...(line.isFilled === true && {
      fill: () => colourOf(line.colour).replace(/^rgb\((.*)\)$/, "rgba($1, 0.14)"),
    }),
    ...(isStepped && stepped !== undefined && { paths: stepped }),
  };
}

function axesOf(lines: readonly Line[]): uPlot.Axis[] {
  const common = {
    stroke: () => colourOf("--muted"),
    grid: { stroke: () => colourOf("--grid"), width: 1 },
    ticks: { show: false },
    font: "11px system-ui, sans-serif",
  };
  const axisFor = (line: Line | undefined) => ({
    size: 62,
    values: (_plot: uPlot, splits: number[]) =>
      splits.map((value) => (line?.atAxis ?? line?.format)?.(value) ?? ""),
  });
  const right = lines.find(({ isRight }) => isRight);
  return [
    { ...common, space: 60, size: 28, values: (_plot, splits) => timesOf(splits) },
    { ...common, ...axisFor(lines[0]) },
    ...(right === undefined
      ? []
      : [
          {
            ...common,
            ...axisFor(right),
            size: 72,
            scale: "right",
            side: 1 as const,
            grid: { show: false },
          },
        ]),
  ];
}

const colours = new Map<string, string>();

/** A custom property as `rgb(…)`: a canvas knows no `light-dark()`. Kept, because reading it lays the document out. */
function colourOf(property: string): string {
  let colour = colours.get(property);
  if (colour === undefined) {
    const probe = element("i");
    probe.style.color = `var(${property})`;
    document.body.append(probe);
    ({ color: colour } = getComputedStyle(probe));
    probe.remove();
    colours.set(property, colour);
  }
  return colour;
}

/** What the chart shows, for those who do not see it. */
function inWords(lines: readonly Line[], view: SeriesView, range: SeriesRange): string {
  if (view.at.length === 0) {
    return "Nothing yet.";
  }
  const parts = lines.map(({ label, points, format }) => {
    const column = points(view);
    let top = -1;
    for (const [at, value] of column.entries()) {
      if (value !== null && value > (column[top] ?? 0)) {
        top = at;
      }
    }
    const highest = column[top];
    return highest === undefined || highest === null
      ? `${label}: none`
      : `${label}: at most ${format(highest)} (${timeOf(view.at[top] ?? 0)})`;
  });
  return `Last ${range}. ${parts.join(", ")}.`;
}
