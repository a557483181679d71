import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { manifestFile, pluginManifest } from "../../../scripts/manifest.ts";
import { resolveConfig } from "../../../src/config/resolve.ts";

describe("the config", () => {
  test("has defaults for everything", () => {
    expect(resolveConfig(undefined)).toEqual({
      mode: "passthrough",
      maxBodyBytes: 20 * 1024 * 1024,
    });
  });

  test("keeps what is written", () => {
    const written = { mode: "passthrough", defaultAgent: "work", maxBodyBytes: 4096 };
    expect(resolveConfig(written)).toEqual(written);
  });

  test.each([
    [{ mode: "turbo" }, "passthrough.config.mode"],
    [{ maxBodyBytes: 0 }, "passthrough.config.maxBodyBytes"],
    [{ limits: {} }, "passthrough.config.limits"],
  ])("that is wrong is refused with its path: %j", (written, path) => {
    expect(() => resolveConfig(written)).toThrow(path);
  });

  test("is described in the manifest as it is in the code", () => {
    // `node scripts/manifest.ts` writes the file anew.
    expect(JSON.parse(readFileSync(manifestFile, "utf8"))).toEqual(pluginManifest());
  });
});
