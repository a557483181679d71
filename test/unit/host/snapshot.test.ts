import { expect, test } from "vitest";
import { perSnapshot } from "../../../src/config/per-snapshot.ts";
import { ignoringOurs, readSeldom } from "../../../src/host/snapshot.ts";

test("derives a value once per snapshot", () => {
  let snapshot = { n: 1 };
  let derived = 0;
  const value = perSnapshot(
    () => snapshot,
    ({ n }) => {
      derived += 1;
      return n * 10;
    },
  );
  expect([value(), value(), derived]).toEqual([10, 10, 1]);
  snapshot = { n: 2 };
  expect([value(), value(), derived]).toEqual([20, 20, 2]);
});

test("reads the config at most once every 20 ms", () => {
  let nowMs = 0;
  let reads = 0;
  const current = readSeldom(
    () => {
      reads += 1;
      return reads;
    },
    () => nowMs,
  );
  expect([current(), current()]).toEqual([1, 1]);
  nowMs = 19;
  expect(current()).toBe(1);
  nowMs = 20;
  expect(current()).toBe(2);
});

test("returns the same config object while only the plugin's own part and the metadata change", () => {
  const config = (more: object, ours: object = {}, meta: object = {}) => ({
    meta,
    models: { providers: { local: { apiKey: "a" } } },
    plugins: { allow: ["x"], entries: { passthrough: { config: ours }, other: { enabled: true } } },
    ...more,
  });
  const first = config({});
  let now: ReturnType<typeof config> = first;
  const given = ignoringOurs(() => now);
  expect(given()).toBe(first);
  now = config({}, { keys: {} }, { lastTouchedAt: "now" });
  expect(given()).toBe(first);
  now = config({ models: { providers: { local: { apiKey: "b" } } } });
  expect(given()).toBe(now);
  const entries = { passthrough: { config: {} }, other: { enabled: false } };
  now = config({ models: now.models, plugins: { allow: ["x"], entries } });
  expect(given()).toBe(now);
});
