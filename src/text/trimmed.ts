/** A text without the white space around it; undefined for anything that is no text, or an empty one. */
export function trimmed(value: unknown): string | undefined {
  return typeof value === "string" ? value.trim() || undefined : undefined;
}
