/**
 * The plugin's settings, read from its schema, for the manifest and docs/configuration.md.
 * `node scripts/settings.ts` writes the page's tables.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { TSchema } from "@sinclair/typebox";
import { configSchema } from "../src/config/schema.ts";
import type { SettingHint } from "../src/config/says.ts";
import { replaceMarked } from "./marked.ts";

export interface Setting {
  /** Its member names, outermost first; `*` stands for a name that the operator chooses. */
  readonly path: readonly string[];
  readonly schema: TSchema;
  /** Its label and texts for people. A test fails for a setting without a label. */
  readonly hint: SettingHint | undefined;
  /** Its section: the label of its outermost group, or "Endpoint" for a setting outside of groups. */
  readonly section: string;
  /** Whether it is a section or a record of further settings. */
  readonly isGroup: boolean;
}

/** Every setting and every group of settings, in the schema's order. */
export function settings(): readonly Setting[] {
  return [...walk(configSchema, [], undefined)];
}

function* walk(
  schema: TSchema,
  path: readonly string[],
  section: string | undefined,
): Generator<Setting> {
  const children = childrenOf(schema);
  const hint: SettingHint | undefined = schema["hint"];
  const own = section ?? (children.length === 0 ? "Endpoint" : hint?.label) ?? "";
  if (path.length > 0) {
    yield { path, schema, hint, section: own, isGroup: children.length > 0 };
  }
  for (const [name, child] of children) {
    yield* walk(child, [...path, name], path.length > 0 ? own : undefined);
  }
}

function childrenOf(schema: TSchema): [name: string, schema: TSchema][] {
  const records: TSchema[] = Object.values(schema["patternProperties"] ?? {});
  return [
    ...Object.entries<TSchema>(schema["properties"] ?? {}),
    ...records.map((record): [string, TSchema] => ["*", record]),
  ];
}

/** The hints for the host's form, by path. The host knows no groups and no order, so a section is a tag. */
export function uiHints(): Record<string, object> {
  return Object.fromEntries(
    settings().map(({ path, schema, hint, section }) => [
      path.join("."),
      {
        label: hint?.label,
        help: schema.description,
        tags: [section],
        advanced: hint?.advanced,
        sensitive: hint?.sensitive,
      },
    ]),
  );
}

const code = (text: string) => `\`${text}\``;
const integer = (value: number) => value.toLocaleString("en-US");

/** The allowed values, in words. */
function allowed({ schema, hint }: Setting): string {
  const { minimum, maximum, minItems, maxItems } = schema;
  const values: readonly string[] | undefined = schema["enum"] ?? schema["items"]?.enum;
  if (hint?.allowed !== undefined) {
    return hint.allowed;
  }
  if (values !== undefined) {
    const names = values.map(code).join(", ");
    return schema["type"] === "array" ? `a list of ${names}` : names;
  }
  if (schema["type"] === "array") {
    const bounds = [
      minItems === undefined ? "" : `at least ${minItems}`,
      maxItems === undefined ? "" : `up to ${maxItems}`,
    ];
    return ["a list of strings", ...bounds.filter((bound) => bound !== "")].join(", ");
  }
  if (schema["type"] === "integer") {
    return `${integer(minimum)} to ${integer(maximum)}`;
  }
  return schema["type"] === "boolean" ? "`true`, `false`" : "a string";
}

function row(setting: Setting): string {
  const { path, schema, hint } = setting;
  const placeholder =
    { agents: "<id>", keys: "<name>", upstream: "<id>", otlp: "<name>", alerts: "<name>" }[
      path[0] ?? ""
    ] ?? "*";
  const name = path.map((part) => (part === "*" ? placeholder : part)).join(".");
  const standard =
    schema.default === undefined ? (hint?.unset ?? "") : code(JSON.stringify(schema.default));
  const more = hint?.see === undefined ? "" : ` See ${hint.see}.`;
  const cells = [code(name), standard, allowed(setting), `${schema.description ?? ""}${more}`];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** One table per section, with one row per setting. */
export function settingsTables(): string {
  const all = settings().filter(({ isGroup }) => !isGroup);
  return [...Map.groupBy(all, ({ section }) => section)]
    .map(([section, members]) =>
      [
        `### ${section}`,
        "",
        "| Setting | Default | Allowed | Meaning |",
        "| --- | --- | --- | --- |",
        ...members.map(row),
      ].join("\n"),
    )
    .join("\n\n");
}

export const configurationFile = new URL("../docs/configuration.md", import.meta.url);

/** The page with the tables between its markers. */
export function withSettingsTables(page: string): string {
  return replaceMarked(page, "settings", settingsTables());
}

if (import.meta.main) {
  const page = readFileSync(configurationFile, "utf8");
  writeFileSync(configurationFile, withSettingsTables(page));
}
