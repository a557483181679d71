/** Errors of the Responses API, as bodies of failed requests. */
import { expect, test } from "vitest";
import { readError } from "../../../../src/protocols/openai-responses/error.ts";

test.each<[object, object]>([
  [
    {
      error: { message: "Slow down.", type: "requests", param: null, code: "rate_limit_exceeded" },
    },
    { status: 429, message: "Slow down.", type: "requests", code: "rate_limit_exceeded" },
  ],
  [
    {
      error: { message: "Bad `top_p`.", type: "invalid_request_error", param: "top_p", code: null },
    },
    { status: 400, message: "Bad `top_p`.", type: "invalid_request_error", code: undefined },
  ],
  [
    {
      error: {
        message: "Too long.",
        type: "invalid_request_error",
        code: "context_length_exceeded",
      },
    },
    { status: 400, isContextLength: true },
  ],
  [
    {
      code: "Client specified an invalid argument",
      error: "This model's maximum prompt length is 10 but the request contains 12 tokens.",
    },
    { status: undefined, type: "api_error", isContextLength: true },
  ],
  [
    { type: "error", code: "image_too_large", message: "Too large.", param: null },
    { status: 400, message: "Too large.", type: "invalid_request_error", code: "image_too_large" },
  ],
  [{ error: { code: "401", message: "Denied." } }, { status: 401, message: "Denied." }],
  [
    { error: { code: {}, type: 5, message: [] } },
    { status: undefined, message: "", code: undefined },
  ],
])("reads %j", (body, error) => {
  expect(readError({ ...body })).toMatchObject({ isContextLength: false, ...error });
});

test.each([{}, { error: null }, { message: "hi" }, { error: ["x"] }])("%j is none", (body) => {
  expect(readError(body)).toBeUndefined();
});
