/** A strict reader of metrics as text, in OpenMetrics and in Prometheus' older format. */

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly type: string;
  readonly unit: string | undefined;
  readonly help: string;
  readonly samples: readonly Sample[];
}

const sampleLine = /^([a-z_][a-z0-9_]*)(?:\{(.*)\})? (\S+)$/;
const labelPart = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/y;

/** @throws Error with the line for whatever the format does not allow. */
export function parseMetrics(text: string, format: "openmetrics" | "text"): readonly Family[] {
  const lines = text.split("\n");
  if (lines.pop() !== "") {
    throw new Error("no line feed at the end");
  }
  if (format === "openmetrics" && lines.pop() !== "# EOF") {
    throw new Error("no # EOF at the end");
  }
  const families = new Map<string, Family & { samples: Sample[] }>();
  const seen = new Set<string>();
  let meta: Record<string, string> = {};
  let current: (Family & { samples: Sample[] }) | undefined;
  for (const line of lines) {
    const [, kind, of = "", rest = ""] = /^# (TYPE|UNIT|HELP) (\S+) (.+)$/.exec(line) ?? [];
    if (kind !== undefined) {
      if (kind in meta) {
        meta = {};
      }
      if (Object.keys(meta).length === 0) {
        meta = { of };
        current = undefined;
      }
      if (meta["of"] !== of) {
        throw new Error(`not of ${meta["of"]}: ${line}`);
      }
      meta[kind] = rest;
      continue;
    }
    if (current === undefined) {
      const { of: name = "", TYPE: type = "", UNIT: unit, HELP: help = "" } = meta;
      if (families.has(name) || type === "" || help === "") {
        throw new Error(`a family twice, or without type and help: ${line}`);
      }
      current = { name, type, unit, help, samples: [] };
      families.set(name, current);
      meta = {};
    }
    const sample = parseSample(line);
    const suffix = sample.name.slice(current.name.length);
    if (
      !sample.name.startsWith(current.name) ||
      !suffixesOf(current.type, format).includes(suffix) ||
      (current.unit !== undefined && !current.name.endsWith(`_${current.unit}`))
    ) {
      throw new Error(`not a sample of the ${current.type} ${current.name}: ${line}`);
    }
    const identity = JSON.stringify([
      sample.name,
      Object.entries(sample.labels)
        .map(String)
        .toSorted((a, b) => a.localeCompare(b)),
    ]);
    if (seen.has(identity)) {
      throw new Error(`twice: ${line}`);
    }
    seen.add(identity);
    current.samples.push(sample);
  }
  return [...families.values()];
}

function suffixesOf(type: string, format: "openmetrics" | "text"): readonly string[] {
  if (type === "histogram") {
    return ["_bucket", "_sum", "_count"];
  }
  return format === "text" ? [""] : [{ counter: "_total", info: "_info" }[type] ?? ""];
}

function parseSample(line: string): Sample {
  const [, name, inner = "", written] = sampleLine.exec(line) ?? [];
  const value = Number(written);
  if (name === undefined || Number.isNaN(value)) {
    throw new Error(`not a sample: ${line}`);
  }
  const labels: Record<string, string> = {};
  labelPart.lastIndex = 0;
  while (labelPart.lastIndex < inner.length) {
    const at = labelPart.lastIndex;
    const [whole, label = "", text = ""] = labelPart.exec(inner) ?? [];
    if (whole === undefined || label in labels) {
      throw new Error(`not labels at ${at}: ${line}`);
    }
    labels[label] = text.replaceAll(/\\(.)/g, (_, escaped: string) =>
      escaped === "n" ? "\n" : escaped,
    );
  }
  return { name, labels, value };
}

/** The values of samples that have these labels, among others. */
export function valuesOf(
  families: readonly Family[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): readonly number[] {
  return families
    .flatMap(({ samples }) => samples)
    .filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => (sample.labels[label] ?? "") === value),
    )
    .map(({ value }) => value);
}
