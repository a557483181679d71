import { expect, test } from "vitest";
import { dollars } from "../../../src/control/dollars.ts";

test.each([
  [0, "$0.0000"],
  [0.12345, "$0.1235"],
  [1234.5, "$1234.5000"],
  [0.00003, "$0.00003"],
  [0.0000312345, "$0.000031"],
  [0.0000000031, "$0.0000000031"],
])("%f dollars are %s", (usd, text) => {
  expect(dollars(usd)).toBe(text);
});
