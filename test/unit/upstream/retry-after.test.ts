import { expect, test } from "vitest";
import { retryAfterMs } from "../../../src/upstream/retry-after.ts";

const nowMs = Date.parse("2026-11-20T10:00:00Z");

test.each([
  [{ "retry-after": "3" }, 3000],
  [{ "retry-after": "0.5" }, 500],
  [{ "retry-after-ms": "70", "retry-after": "3" }, 70],
  [{ "retry-after": "Fri, 20 Nov 2026 10:00:05 GMT" }, 5000],
  [{ "retry-after": "Fri, 20 Nov 2026 09:00:00 GMT" }, 0],
  [{ "retry-after": "soon" }, undefined],
  [{ "retry-after": "-1" }, undefined],
  [{}, undefined],
])("%j is %s ms", (headers, expected) => {
  expect(retryAfterMs(headers, nowMs)).toBe(expected);
});
