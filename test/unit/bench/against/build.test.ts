import { expect, test } from "vitest";
import { hasPackagesOf } from "../../../../bench/against/build.ts";

const lock = (packages: Record<string, string>) => ({
  packages: Object.fromEntries(
    Object.entries(packages).map(([folder, version]) => [folder, { version }]),
  ),
});

test("packages are shared with a commit when each of its own is there in the same version", () => {
  const here = lock({ "": "0.2.0", "node_modules/a": "1.0.0", "node_modules/b": "2.0.0" });
  expect(hasPackagesOf(here, lock({ "": "0.1.0", "node_modules/a": "1.0.0" }))).toBe(true);
  expect(hasPackagesOf(here, lock({ "": "0.2.0", "node_modules/a": "1.0.1" }))).toBe(false);
  expect(hasPackagesOf(here, lock({ "": "0.2.0", "node_modules/c": "1.0.0" }))).toBe(false);
});
