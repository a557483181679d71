/** Header fields as Node and undici give them: names in lower case. */
export type HeaderFields = Readonly<Record<string, string | string[] | undefined>>;

/** The first value of a field, trimmed; undefined where it is absent or blank. */
export function headerText(value: HeaderFields[string]): string | undefined {
  const first = Array.isArray(value) ? value[0] : value;
  return first?.trim() || undefined;
}
