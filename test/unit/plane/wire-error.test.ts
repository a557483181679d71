import { expect, test } from "vitest";
import { RelayError, type RelayErrorOptions } from "../../../src/errors.ts";
import { fromWireError, toWireError } from "../../../src/plane/wire-error.ts";

/** As between threads. */
const across = (failure: unknown) => fromWireError(structuredClone(toWireError(failure)));

const members = (error: RelayError) => Object.fromEntries(Object.entries(error));

const answer = { status: 418, headers: { a: "b" }, bytes: Buffer.from("tea") };
const everyOption: Required<Omit<RelayErrorOptions, "cause">> = {
  param: "model",
  headers: { "retry-after": "1" },
  answer,
  reportedAs: { status: 401, type: "authentication_error", code: "refused" },
  providerStatus: 503,
  retryAfterMs: 7,
};

test("an error keeps its code, its message and all its options", () => {
  const error = new RelayError("model_not_allowed", "Not this one.", everyOption);
  const arrived = across(error);
  expect(arrived).toBeInstanceOf(RelayError);
  expect(members(arrived)).toEqual(members(error));
  expect([arrived.message, arrived.status]).toEqual(["Not this one.", 401]);
  expect(Buffer.isBuffer(arrived.answer?.bytes)).toBe(true);
});

test.each(Object.entries(everyOption))("an error keeps the option %s alone", (name, value) => {
  const error = new RelayError("upstream_unreadable", "No answer.", { [name]: value });
  expect(members(across(error))).toEqual(members(error));
});

test("an error without options stays without", () => {
  const error = new RelayError("not_found", "There is nothing here.");
  expect(members(across(error))).toEqual(members(error));
});

test("of an unexpected error, name and place cross, but not its message, which may quote a secret", () => {
  const failure = new TypeError("cannot read sk-secret\nof the prompt");
  expect(JSON.stringify(toWireError(failure))).not.toMatch(/sk-secret|prompt/);
  const arrived = across(failure);
  expect(arrived.code).toBe("internal_error");
  const cause = arrived.cause as Error;
  expect(cause.name).toBe("TypeError");
  expect(cause.stack).toContain("wire-error.test.ts");
  expect(`${cause.message} ${cause.stack}`).not.toMatch(/sk-secret|prompt/);
});

test("something thrown that is no error crosses as an internal error without it", () => {
  const wire = toWireError("sk-secret");
  expect(wire).toMatchObject({ code: "internal_error", cause: undefined });
  expect(JSON.stringify(wire)).not.toContain("sk-secret");
});
