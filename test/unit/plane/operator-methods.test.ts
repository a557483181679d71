import { describe, expect, test, vi } from "vitest";
import type { DataPlane } from "../../../src/plane/data-plane.ts";
import { operatorMethods, respondWith } from "../../../src/plane/operator-methods.ts";

/** Calls a method as the host does. @returns what `respond` got. */
async function call(name: string, parameters: unknown, ask: DataPlane["ask"]) {
  const method = operatorMethods({ ask }).find((known) => known.name === name);
  const respond = vi.fn<Parameters<typeof respondWith>[0]>();
  await respondWith(respond, async () => method?.answer(parameters));
  return respond.mock.calls;
}

const silent = (async () => undefined) as DataPlane["ask"];

test("asks the data plane, and answers what it says", async () => {
  const ask = vi.fn<(...args: unknown[]) => Promise<null>>(async () => null) as DataPlane["ask"];
  expect(await call("passthrough.request", { id: "0f3e2d1c" }, ask)).toEqual([[true, null]]);
  expect(ask).toHaveBeenCalledWith("request", "0f3e2d1c");
});

describe("refuses what is invalid, and names it:", () => {
  test.each([
    ["passthrough.requests", { limit: 0 }, "limit: Expected integer to be greater or equal to 1"],
    ["passthrough.requests", { colour: "red" }, "colour: Unexpected property"],
    ["passthrough.requests", undefined, "its parameters: Expected object"],
    ["passthrough.request", { id: "short" }, "id: Expected string length greater or equal to 8"],
    ["passthrough.request", {}, "id: Expected required property"],
    ["passthrough.series", { range: "week" }, "range: Expected union value"],
  ])("%s %j", async (name, parameters, message) => {
    expect(await call(name, parameters, silent)).toEqual([
      [false, undefined, { code: "INVALID_REQUEST", message: `${name}: ${message}` }],
    ]);
  });
});

test("says where to look if the data plane does not answer", async () => {
  expect(await call("passthrough.requests", {}, silent)).toEqual([
    [
      false,
      undefined,
      { code: "UNAVAILABLE", message: expect.stringContaining("`openclaw passthrough status`") },
    ],
  ]);
});
