import { expect, test } from "vitest";
import { readCapabilities } from "../../../src/host/capabilities.ts";

test.each([
  ["2026.9.6", true],
  ["2026.9.6-1", true],
  ["2026.10.1", true],
  ["2027.1.1", true],
  ["2026.9.6-beta.1", false],
  ["2026.9.1", false],
  ["2026.7.35", false],
  ["2025.12.31", false],
  ["", false],
  ["unknown", false],
])("agent runs can be limited only on versions known to support it: %s", (version, can) => {
  expect(readCapabilities(version)).toMatchObject({ trimmedRuns: can, toolLimits: can });
});

test("session capabilities follow from what the host exports", () => {
  // The installed host exports all of it.
  expect(readCapabilities("2026.9.6")).toMatchObject({
    memorySessions: true,
    sessionCleanup: true,
  });
});
