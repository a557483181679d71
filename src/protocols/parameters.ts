/** Takes a request's parameters one by one, so that the name of none that a protocol cannot say is forgotten. */
import { RelayError } from "../errors.ts";
import { isAbsent, isRecord } from "../text/json.ts";

type Json = Readonly<Record<string, unknown>>;

export interface Parameters {
  /** The value as it came; undefined if it is missing or `null`, which both mean the default. */
  take(name: string): unknown;
  /** @throws RelayError `invalid_body` if it is no number. */
  number(name: string): number | undefined;
  /** @throws RelayError `invalid_body` if it is no text. */
  text(name: string): string | undefined;
  /** @throws RelayError `invalid_body` if it is not `true` or `false`. */
  boolean(name: string): boolean | undefined;
  /** Notes that the protocol cannot say a parameter, or this value of it. */
  drop(name: string): void;
  /** The names of what was dropped or not taken, except for values that say what is so anyway. */
  dropped(): string[];
}

/** @param values top-level members of a body. */
export function createParameters(values: Json): Parameters {
  const left = new Map(Object.entries(values).filter(([, value]) => !isAbsent(value)));
  const dropped = new Set<string>();
  const take = (name: string): unknown => {
    const value = left.get(name);
    left.delete(name);
    return value;
  };
  const expect = <T>(name: string, isValid: (value: unknown) => value is T, what: string) => {
    const value = take(name);
    if (value === undefined || isValid(value)) {
      return value;
    }
    throw new RelayError("invalid_body", `\`${name}\` must be ${what}.`, { param: name });
  };
  return {
    take,
    number: (name) => expect(name, isNumber, "a number"),
    text: (name) => expect(name, isText, "a string"),
    boolean: (name) => expect(name, isBoolean, "true or false"),
    drop: (name) => void dropped.add(name),
    dropped: () => [
      ...dropped,
      ...[...left]
        .filter(([name, value]) => !dropped.has(name) && neutral.get(name)?.(value) !== true)
        .map(([name]) => name),
    ],
  };
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === "boolean";
}

const isZero = (value: unknown) => value === 0;
const isEmpty = (value: unknown) => isRecord(value) && Object.keys(value).length === 0;

/** Values of OpenAI's parameters that change nothing. Clients send them by default, and no provider has to be told. */
const neutral: ReadonlyMap<string, (value: unknown) => boolean> = new Map(
  Object.entries({
    n: (value: unknown) => value === 1,
    frequency_penalty: isZero,
    presence_penalty: isZero,
    logprobs: (value: unknown) => value === false,
    top_logprobs: isZero,
    logit_bias: isEmpty,
    metadata: isEmpty,
    parallel_tool_calls: (value: unknown) => value === true,
    store: (value: unknown) => value === false,
    stop: (value: unknown) => Array.isArray(value) && value.length === 0,
    modalities: (value: unknown) =>
      Array.isArray(value) && value.length === 1 && value[0] === "text",
    response_format: (value: unknown) => isRecord(value) && value["type"] === "text",
    service_tier: (value: unknown) => value === "auto",
  }),
);
