/** What a problem is, and how its path and its names are written. */

/** Something that an operator should know, and what to do about it. */
export interface Problem {
  /** `error`: some requests cannot be served, or not safely. `warning`: all are served, but perhaps not as intended. */
  readonly severity: "error" | "warning";
  /** The full path in the gateway's config, such as `plugins.entries.passthrough.config.defaultAgent`, or a file's path. */
  readonly path: string;
  /** What is wrong, as a sentence. */
  readonly message: string;
  /** The line to change, as a sentence. */
  readonly fix: string;
}

/** The plugin's part of the gateway's config. */
export const entryPath = "plugins.entries.passthrough";

/** @returns the full path of a setting of the plugin. */
export function pathOf(...names: readonly string[]): string {
  return within(`${entryPath}.config`, ...names);
}

/** @returns the path of a setting under another one; names that are no identifiers are quoted. */
export function within(base: string, ...names: readonly string[]): string {
  return names.reduce(
    (path, name) =>
      /^[A-Za-z_][\w-]*$/.test(name) ? `${path}.${name}` : `${path}[${quoted(name)}]`,
    base,
  );
}

/** A name from the config in a message. JSON's quotes keep line ends and terminal escapes out. */
export function quoted(name: string): string {
  return JSON.stringify(name);
}

export function listed(names: readonly string[]): string {
  return names.map(quoted).join(", ");
}

/** @returns the same problems, the errors first. */
export function errorsFirst(problems: readonly Problem[]): readonly Problem[] {
  return [
    ...problems.filter(({ severity }) => severity === "error"),
    ...problems.filter(({ severity }) => severity !== "error"),
  ];
}
