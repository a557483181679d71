/** Header fields in the form of Node and undici, with lower-case names. */
export type HeaderFields = Readonly<Record<string, string | string[] | undefined>>;

/** The first value of a field, trimmed; undefined if it is missing or blank. */
export function headerText(value: HeaderFields[string]): string | undefined {
  const first = Array.isArray(value) ? value[0] : value;
  return first?.trim() || undefined;
}
