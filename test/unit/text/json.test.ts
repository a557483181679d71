/** What is parsed of a provider's JSON. `json` of the other rooms is tested where it is used. */
import { expect, test } from "vitest";
import { parseRecord } from "../../../src/text/json.ts";

const nested = (open: string, close: string, depth: number) =>
  `{"a":${open.repeat(depth)}1${close.repeat(depth)}}`;

test.each([
  ["arrays", "[", "]"],
  ["objects", '{"":', "}"],
])("nested %s are parsed only if they can be written again", (_what, open, close) => {
  expect(parseRecord(nested(open, close, 200))).toBeDefined();
  for (const depth of [500, 1000, 2000, 4000, 8000, 16_000, 100_000, 1_000_000]) {
    const parsed = parseRecord(nested(open, close, depth));
    expect(() => JSON.stringify(parsed)).not.toThrow();
  }
});
