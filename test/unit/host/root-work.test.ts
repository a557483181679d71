import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, expect, test } from "vitest";
import { outsideRootWork } from "../../../src/host/root-work.ts";

const place = Symbol.for("openclaw.gatewayWorkAdmissionState");
const shared = globalThis as { [place: symbol]: unknown };
afterEach(() => {
  delete shared[place];
});

test("runs outside of the host's context of work under way", () => {
  const currentRootWork = new AsyncLocalStorage<string>();
  shared[place] = { currentRootWork };
  const inside = currentRootWork.run("a reload", () =>
    outsideRootWork(() => currentRootWork.getStore()),
  );
  expect(inside).toBeUndefined();
});

test.each([undefined, {}, { currentRootWork: "changed" }])(
  "just runs on a host that keeps it elsewhere (%j)",
  (state) => {
    shared[place] = state;
    expect(outsideRootWork(() => 1)).toBe(1);
  },
);
