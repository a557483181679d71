/** What the wires share, where no wire's own tests look. */
import { expect, test } from "vitest";
import { createParameters } from "../../../src/protocols/parameters.ts";
import { takeStop } from "../../../src/protocols/stop-sequences.ts";

test("one stop text is a list of one", () => {
  const parameters = createParameters({ stop: "END" });
  expect(takeStop(parameters)).toEqual(["END"]);
  expect(parameters.dropped()).toEqual([]);
});

test("stop texts that a protocol does not take are named, and so are those beyond its limit", () => {
  const parameters = createParameters({ stop: ["", "a", 1, "b"] });
  expect(takeStop(parameters, undefined, 1)).toEqual(["a"]);
  expect(parameters.dropped()).toEqual(["stop"]);
});

test("an empty list says nothing, and loses nothing", () => {
  const parameters = createParameters({ stop: [] });
  expect(takeStop(parameters)).toBeUndefined();
  expect(parameters.dropped()).toEqual([]);
});
