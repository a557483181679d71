/** Trims a string; undefined if the value is not a string or is blank. */
export function trimmed(value: unknown): string | undefined {
  return typeof value === "string" ? value.trim() || undefined : undefined;
}
