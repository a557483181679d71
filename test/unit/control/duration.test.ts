import { expect, test } from "vitest";
import { parseDuration } from "../../../src/control/duration.ts";

test.each([
  ["500ms", 500],
  ["90s", 90_000],
  ["1.5 h", 5_400_000],
  [" 24h ", 86_400_000],
  ["7d", 604_800_000],
  ["2m", 120_000],
])("parses the duration %j", (written, ms) => {
  expect(parseDuration(written)).toBe(ms);
});

test.each(["", "24", "h", "0h", "0.1ms", "-1h", "1w", "24 hours", "1e3s", "9999999999999999999d"])(
  "rejects %j as a duration and says what is allowed",
  (written) => {
    expect(() => parseDuration(written)).toThrow(
      `"${written}" is not a duration: use a number above 0 and a unit (ms, s, m, h or d), such as 24h or 7d`,
    );
  },
);
