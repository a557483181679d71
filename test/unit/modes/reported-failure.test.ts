import { expect, test } from "vitest";
import { type ErrorCode, RelayError } from "../../../src/errors.ts";
import { reportedFailure } from "../../../src/modes/reported-failure.ts";

const failure = (code: ErrorCode, retryAfterMs?: number) =>
  new RelayError(code, code, retryAfterMs === undefined ? {} : { retryAfterMs });

test.each([
  [["upstream_failed", "upstream_rate_limited"], "upstream_rate_limited"],
  [["upstream_failed", "circuit_open"], "upstream_failed"],
  [["circuit_open", "concurrency_limit"], "circuit_open"],
  [["upstream_context_length", "context_window_too_small"], "upstream_context_length"],
  [["upstream_context_length", "upstream_failed"], "upstream_context_length"],
] as [ErrorCode[], ErrorCode][])("of %j it is %s", (codes, expected) => {
  expect(reportedFailure(codes.map((code) => failure(code)))).toMatchObject({ code: expected });
});

test("of open circuits it is the one that ends first", () => {
  const failures = [failure("circuit_open", 9000), failure("circuit_open", 2000)];
  expect(reportedFailure(failures)).toBe(failures[1]);
});
