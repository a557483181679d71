import { expect, test } from "vitest";
import { type ErrorCode, RelayError } from "../../../src/errors.ts";
import { reportedFailure } from "../../../src/upstream/reported-failure.ts";

const failure = (code: ErrorCode, retryAfterMs?: number) =>
  new RelayError(code, code, retryAfterMs === undefined ? {} : { retryAfterMs });

test.each([
  [["upstream_failed", "upstream_rate_limited"], "upstream_rate_limited"],
  [["upstream_failed", "circuit_open"], "upstream_failed"],
  [["circuit_open", "concurrency_limit"], "circuit_open"],
  [["upstream_context_length", "context_window_too_small"], "upstream_context_length"],
  [["upstream_context_length", "upstream_failed"], "upstream_context_length"],
  [["upstream_forbidden", "upstream_failed"], "upstream_forbidden"],
  [["upstream_forbidden", "upstream_unauthorized"], "upstream_forbidden"],
  [["upstream_rate_limited", "upstream_unauthorized"], "upstream_rate_limited"],
  [["upstream_rate_limited", "api_not_supported"], "upstream_rate_limited"],
  [["circuit_open", "api_not_supported"], "circuit_open"],
  [["circuit_open", "credential_refused"], "circuit_open"],
  [["upstream_unauthorized", "credential_refused"], "upstream_unauthorized"],
  [["credential_refused", "provider_not_configured"], "credential_refused"],
] as [ErrorCode[], ErrorCode][])("of %j it reports %s", (codes, expected) => {
  const failures = codes.map((code) => failure(code));
  expect(reportedFailure(failures)).toMatchObject({ code: expected });
});

test.each(["circuit_open", "credential_refused"] as const)(
  "of several with %s it reports the one that ends first",
  (code) => {
    const failures = [failure(code, 9000), failure(code, 2000), failure(code, 5000)];
    expect(reportedFailure(failures)).toBe(failures[1]);
  },
);

test("of several providers that answered it reports the last one", () => {
  const failures = [failure("upstream_rate_limited", 1000), failure("upstream_failed")];
  expect(reportedFailure(failures)).toBe(failures[1]);
});
