/** Parameters: none is lost without being named. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RelayError } from "../../../src/errors.ts";
import { createParameters } from "../../../src/protocols/parameters.ts";

test("a value is taken once, as it came", () => {
  const parameters = createParameters({ a: [1], b: { c: 1 } });
  expect(parameters.take("a")).toEqual([1]);
  expect(parameters.take("a")).toBeUndefined();
  expect(parameters.dropped()).toEqual(["b"]);
});

test("`null` is a missing value", () => {
  const parameters = createParameters({ a: null, b: undefined });
  expect(parameters.take("a")).toBeUndefined();
  expect(parameters.number("a")).toBeUndefined();
  expect(parameters.dropped()).toEqual([]);
});

describe("a typed value", () => {
  test.each([
    ["number", 0],
    ["number", -1.5],
    ["text", ""],
    ["text", "a"],
    ["boolean", false],
  ] as const)("that is a %s is taken: %j", (kind, value) => {
    const parameters = createParameters({ a: value });
    expect(parameters[kind]("a")).toBe(value);
    expect(parameters.dropped()).toEqual([]);
  });

  test.each([
    ["number", "1"],
    ["number", Number.NaN],
    ["number", Infinity],
    ["number", {}],
    ["text", 1],
    ["text", ["a"]],
    ["boolean", 0],
    ["boolean", "true"],
  ] as const)("that is no %s is refused: %j", (kind, value) => {
    const parameters = createParameters({ a: value });
    expect(() => parameters[kind]("a")).toThrow(
      expect.objectContaining({ constructor: RelayError, code: "invalid_body", param: "a" }),
    );
  });
});

test("what is dropped is named once, whether it was taken or not", () => {
  const parameters = createParameters({ a: 1, b: 2 });
  parameters.take("a");
  parameters.drop("a");
  parameters.drop("a");
  parameters.drop("b");
  expect(parameters.dropped()).toEqual(["a", "b"]);
});

test.each([
  ["n", 1, 2],
  ["frequency_penalty", 0, 0.1],
  ["presence_penalty", 0, -1],
  ["logprobs", false, true],
  ["top_logprobs", 0, 1],
  ["logit_bias", {}, { 1: 1 }],
  ["metadata", {}, { a: "b" }],
  ["parallel_tool_calls", true, false],
  ["store", false, true],
  ["stop", [], ["a"]],
  ["modalities", ["text"], ["text", "audio"]],
  ["response_format", { type: "text" }, { type: "json_object" }],
  ["service_tier", "auto", "flex"],
])("`%s: %j` changes nothing, so nobody is told that it was left out", (name, neutral, other) => {
  expect(createParameters({ [name]: neutral }).dropped()).toEqual([]);
  expect(createParameters({ [name]: other }).dropped()).toEqual([name]);
});

test("a neutral value that was dropped on purpose is named", () => {
  const parameters = createParameters({ n: 1 });
  parameters.drop("n");
  expect(parameters.dropped()).toEqual(["n"]);
});

test("every parameter is taken or named, whatever its name", () => {
  const name = fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "toString"));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(name, fc.constantFrom(1, "a", null)), { maxLength: 8 }),
      fc.array(name, { maxLength: 4 }),
      (members, taken) => {
        const values = Object.fromEntries(members.filter(([member]) => member !== "n"));
        const parameters = createParameters(values);
        const got = taken.filter((member) => parameters.take(member) !== undefined);
        const present = Object.keys(values).filter((member) => values[member] !== null);
        expect([...got, ...parameters.dropped()].toSorted()).toEqual(present.toSorted());
      },
    ),
  );
});
