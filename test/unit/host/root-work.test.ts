import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, expect, test } from "vitest";
import { outsideRootWork } from "../../../src/host/root-work.ts";

const place = Symbol.for("openclaw.gatewayWorkAdmissionState");
const operationPlace = Symbol.for("openclaw.pluginInstanceInvocation");
const shared = globalThis as { [place: symbol]: unknown };
afterEach(() => {
  delete shared[place];
  delete shared[operationPlace];
});

test("runs outside of the host's context of work under way", () => {
  const currentRootWork = new AsyncLocalStorage<string>();
  shared[place] = { currentRootWork };
  const inside = currentRootWork.run("a reload", () =>
    outsideRootWork(() => currentRootWork.getStore()),
  );
  expect(inside).toBeUndefined();
});

test("runs without the inventory of the host's operation on plugins, but as the same plugin", () => {
  class Frame {
    readonly invocation: unknown;
    readonly cacheScope: unknown;
    constructor(scopes: { readonly invocation: unknown; readonly cacheScope?: unknown }) {
      this.invocation = scopes.invocation;
      this.cacheScope = scopes.cacheScope;
    }
    withScopes(scopes: { readonly invocation: unknown }) {
      return new Frame(scopes);
    }
  }
  const frames = new AsyncLocalStorage<Frame>();
  shared[operationPlace] = {
    getFrame: () => frames.getStore(),
    runFrame: (frame: Frame, run: () => unknown) => frames.run(frame, run),
  };
  const reload = new Frame({ invocation: "passthrough", cacheScope: "soon retired" });
  const inside = frames.run(reload, () => outsideRootWork(() => frames.getStore()));
  expect(inside).toEqual(new Frame({ invocation: "passthrough" }));
});

test.each([undefined, {}, { currentRootWork: "changed" }])(
  "just runs on a host that keeps it elsewhere (%j)",
  (state) => {
    shared[place] = state;
    shared[operationPlace] = state;
    expect(outsideRootWork(() => 1)).toBe(1);
  },
);
