/**
 * A closed set of strings, as JSON Schema's `enum`: the host then names all values in one message, where for a union of
 * constants it names one in each of several.
 */
import { Kind, type TUnsafe, Type, TypeRegistry } from "@sinclair/typebox";

const kind = "StringEnum";

interface StringEnum {
  readonly enum: readonly string[];
}

TypeRegistry.Set<StringEnum>(
  kind,
  (schema, value) => typeof value === "string" && schema.enum.includes(value),
);

export function stringEnum<const T extends readonly string[]>(
  values: T,
  options: { readonly description?: string; readonly default?: T[number] } = {},
): TUnsafe<T[number]> {
  return Type.Unsafe<T[number]>({ ...options, [Kind]: kind, type: "string", enum: [...values] });
}
