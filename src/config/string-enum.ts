/**
 * A closed set of strings as JSON Schema's `enum`. For a wrong value the host then prints one message with all allowed
 * values; for a union of constants it would print one message per constant.
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
