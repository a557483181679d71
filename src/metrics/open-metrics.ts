/** Writes metrics as text: OpenMetrics 1.0, or Prometheus' older format. Pure. */
import { createHash } from "node:crypto";
import { definitions, type MetricDefinition, type Samples } from "./definitions.ts";
import type { MetricsState } from "./metrics-state.ts";

export type MetricsFormat = "openmetrics" | "text";

export const contentTypes: Readonly<Record<MetricsFormat, string>> = {
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  text: "text/plain; version=0.0.4; charset=utf-8",
};

const openMetricsRange = /^\s*application\/openmetrics-text\s*(?:;|$)/i;
const zeroQuality = /;\s*q=0(?:\.0*)?\s*(?:;|$)/i;

/** The format for a client: OpenMetrics if it names it. @param accept the header's value. */
export function formatFor(accept: string): MetricsFormat {
  const isNamed = accept
    .split(",")
    .some((range) => openMetricsRange.test(range) && !zeroQuality.test(range));
  return isNamed ? "openmetrics" : "text";
}

/** Bytes of one rendering. Series beyond are left out, and counted. */
const maxBytes = 1_000_000;
/** Bytes kept free for the metric that counts them. */
const reservedBytes = 512;

/** What is left out. Also a row of docs/metrics.md. */
export const droppedSeries = {
  name: "passthrough_dropped_series",
  type: "gauge",
  help: "Series that this scrape leaves out, because it would have become larger than 1 MB.",
  labels: [],
} as const satisfies Omit<MetricDefinition, "collect">;

/** The text so far. */
interface Output {
  text: string;
  bytes: number;
  readonly limitBytes: number;
  /** Once a series does not fit, all further ones are left out, so that it is always the same ones. */
  isFull: boolean;
  left: number;
}

/** @param limitBytes the bound of the rendering; smaller in tests. */
export function renderMetrics(
  state: MetricsState,
  format: MetricsFormat,
  limitBytes = maxBytes,
): Buffer {
  const output: Output = {
    text: "",
    bytes: 0,
    limitBytes: limitBytes - reservedBytes,
    isFull: false,
    left: 0,
  };
  const quoted = createQuoted();
  for (const definition of definitions) {
    definition.collect(state, samplesInto(output, definition, { format, quoted }));
  }
  const { name } = droppedSeries;
  output.text += `${headOf(droppedSeries, format)}${name} ${output.left}\n`;
  return Buffer.from(format === "openmetrics" ? `${output.text}# EOF\n` : output.text);
}

interface Writing {
  readonly format: MetricsFormat;
  readonly quoted: Quoted;
}

function samplesInto(
  output: Output,
  definition: MetricDefinition,
  { format, quoted }: Writing,
): Samples {
  const head = headOf(definition, format);
  const name = definition.name + suffixes[definition.type];
  const boundsMs = definition.boundsMs ?? [];
  const bounds = boundsMs.map((ms) => `${secondsOf(ms)}"} `);
  const starts = definition.labels.map((label) => ({ first: `${label}=`, next: `,${label}=` }));
  let isBegun = false;

  /** @param extraBytes bytes beyond one for each character. */
  const write = (lines: string, series: number, extraBytes: number) => {
    const start = isBegun ? "" : head;
    const bytes = start.length + lines.length + extraBytes;
    output.isFull ||= output.bytes + bytes > output.limitBytes;
    if (output.isFull) {
      output.left += series;
      return;
    }
    output.text += start + lines;
    output.bytes += bytes;
    isBegun = true;
  };
  let extraBytes = 0;
  /** Such as `key="bot",limit="tokens"`. Counts the bytes of its values into `extraBytes`. */
  const labelled = (values: readonly string[]): string => {
    let text = "";
    extraBytes = 0;
    for (let at = 0; at < values.length; at += 1) {
      const value = values[at] ?? "";
      const start = starts[at];
      if (value !== "" && start !== undefined) {
        const known = quoted(value);
        text += (text === "" ? start.first : start.next) + known.text;
        extraBytes += known.extraBytes;
      }
    }
    return text;
  };

  return {
    add(values, value) {
      const labels = labelled(values);
      write(`${name}${labels === "" ? "" : `{${labels}}`} ${value}\n`, 1, extraBytes);
    },
    addHistogram(values, histogram) {
      const labels = labelled(values);
      const start = `${name}_bucket{${labels}${labels === "" ? "" : ","}le="`;
      let lines = "";
      const counts = histogram.countsUpTo(boundsMs);
      for (let at = 0; at < counts.length; at += 1) {
        lines += `${start}${bounds[at]}${counts[at]}\n`;
      }
      const braces = labels === "" ? "" : `{${labels}}`;
      lines += `${start}+Inf"} ${histogram.count}\n${name}_sum${braces} ${histogram.sumMs / 1000}\n${name}_count${braces} ${histogram.count}\n`;
      const series = boundsMs.length + 3;
      write(lines, series, extraBytes * series);
    },
  };
}

const suffixes: Readonly<Record<MetricDefinition["type"], string>> = {
  counter: "_total",
  gauge: "",
  histogram: "",
  info: "_info",
};

/** OpenMetrics names the family, the older format its samples, and it knows neither units nor infos. */
function headOf(
  { name, type, unit, help }: Omit<MetricDefinition, "collect" | "labels">,
  format: MetricsFormat,
): string {
  if (format === "openmetrics") {
    return `# TYPE ${name} ${type}\n${unit === undefined ? "" : `# UNIT ${name} ${unit}\n`}# HELP ${name} ${help}\n`;
  }
  const sample = name + suffixes[type];
  return `# HELP ${sample} ${help}\n# TYPE ${sample} ${type === "info" ? "gauge" : type}\n`;
}

/** As a number with a decimal point, which OpenMetrics asks for in `le`: `1.0`. */
function secondsOf(ms: number): string {
  const seconds = String(ms / 1000);
  return seconds.includes(".") ? seconds : `${seconds}.0`;
}

/** Returns a label's value in quotation marks. */
type Quoted = (value: string) => {
  readonly text: string;
  /** Bytes beyond one for each character. */
  readonly extraBytes: number;
};

/** The longest label value, in characters. A longer one is cut, and marked by a digest of the whole. */
const maxValueLength = 128;
const keptLength = 100;
// oxlint-disable-next-line no-control-regex
const unprintable = /[\0-\x09\x0b-\x1f\x7f]/g;

/** Names come from outside: from providers' catalogs, and from clients who name models. */
function createQuoted(): Quoted {
  const known = new Map<string, ReturnType<Quoted>>();
  return (value) => {
    let quoted = known.get(value);
    if (quoted === undefined) {
      quoted = isPlain.test(value) ? { text: `"${value}"`, extraBytes: 0 } : escaped(value);
      known.set(value, quoted);
    }
    return quoted;
  };
}

/** Short printable ASCII that needs no escape. */
const isPlain = /^[ !#-[\]-~]{1,128}$/;

function escaped(value: string): ReturnType<Quoted> {
  const text = printable(value).replaceAll(/[\\"]/g, "\\$&").replaceAll("\n", "\\n");
  return { text: `"${text}"`, extraBytes: Buffer.byteLength(text) - text.length };
}

/** Two values stay different: what is changed gets a digest of the original at its end. */
function printable(value: string): string {
  const clean = value.slice(0, maxValueLength).toWellFormed().replaceAll(unprintable, "?");
  if (clean === value) {
    return value;
  }
  const digest = createHash("sha256").update(value, "utf16le").digest("hex").slice(0, 12);
  return `${clean.slice(0, keptLength).toWellFormed()}~${digest}`;
}
