/** Checks the types of an agent request's fields, with core's schema and core's error messages. */
import { refusal } from "../../core-error.ts";

type Kind =
  | "string"
  | "boolean"
  | "number"
  | "positive integer"
  | "array"
  | "stop"
  | "stream options";

interface Field {
  readonly kind: Kind;
  /** Whether `null` means the same as leaving the field out. */
  readonly nullable: boolean;
}

const optional = (kind: Kind): Field => ({ kind, nullable: false });
const nullable = (kind: Kind): Field => ({ kind, nullable: true });

/** In core's order, which decides which of several errors is reported. */
const fields: Readonly<Record<string, Field>> = {
  model: optional("string"),
  stream: nullable("boolean"),
  stream_options: nullable("stream options"),
  tools: optional("array"),
  messages: optional("array"),
  user: optional("string"),
  max_tokens: nullable("positive integer"),
  max_completion_tokens: nullable("positive integer"),
  temperature: nullable("number"),
  top_p: nullable("number"),
  frequency_penalty: nullable("number"),
  presence_penalty: nullable("number"),
  seed: nullable("number"),
  stop: nullable("stop"),
};

/** @throws RelayError `invalid_body` for the first field with a wrong type. */
export function checkFields(body: Readonly<Record<string, unknown>>): void {
  for (const [name, field] of Object.entries(fields)) {
    const value = body[name];
    if (value !== undefined && !(value === null && field.nullable)) {
      const problem = problemOf(name, value, field.kind);
      if (problem !== undefined) {
        throw refusal(problem);
      }
    }
  }
}

function problemOf(name: string, value: unknown, kind: Kind): string | undefined {
  switch (kind) {
    case "positive integer":
      if (typeof value !== "number") {
        return expected(name, "number", value);
      }
      if (!Number.isInteger(value)) {
        return `${name}: Invalid input: expected int, received number`;
      }
      if (!Number.isSafeInteger(value)) {
        return `${name}: Too ${value > 0 ? "big" : "small"}: expected int to be ${value > 0 ? "<9007199254740991" : ">-9007199254740991"}`;
      }
      return value > 0 ? undefined : `${name}: Too small: expected number to be >0`;
    case "stop": {
      const isList = Array.isArray(value) && value.every((item) => typeof item === "string");
      return typeof value === "string" || isList ? undefined : `${name}: Invalid input`;
    }
    case "stream options": {
      if (typeOf(value) !== "object") {
        return expected(name, "object", value);
      }
      const included = (value as Record<string, unknown>)["include_usage"];
      return included === undefined
        ? undefined
        : problemOf(`${name}.include_usage`, included, "boolean");
    }
    default:
      return typeOf(value) === kind ? undefined : expected(name, kind, value);
  }
}

function expected(name: string, kind: string, value: unknown): string {
  return `${name}: Invalid input: expected ${kind}, received ${typeOf(value)}`;
}

function typeOf(value: unknown): string {
  if (value === null) {
    return "null";
  }
  return Array.isArray(value) ? "array" : typeof value;
}
