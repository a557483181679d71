import { expect, test } from "vitest";
import { type LockedPackages, lockProblems } from "../../../scripts/lock.ts";

const linter = { version: "1.0.0", integrity: "sha512-a" };
const forLinux = { version: "1.0.0", integrity: "sha512-b" };
const both = { "@linter/linux": "1.0.0", "@linter/darwin": "1.0.0" };

test("accepts a lock with the packages of every platform", () => {
  const locked: LockedPackages = {
    "": { version: "0.1.0" },
    "node_modules/linter": { ...linter, optionalDependencies: both },
    "node_modules/@linter/linux": forLinux,
    "node_modules/linter/node_modules/@linter/darwin": forLinux,
    "node_modules/other/node_modules/linter": { ...linter, optionalDependencies: both },
    "node_modules/other/node_modules/linter/node_modules/@linter/darwin": forLinux,
    "node_modules/other/node_modules/bundled": { version: "1.0.0", inBundle: true },
  };
  expect(lockProblems(locked)).toEqual([]);
});

test("reports a platform package that is missing or not resolvable from its dependent", () => {
  const locked: LockedPackages = {
    "node_modules/linter": { ...linter, optionalDependencies: both },
    "node_modules/@linter/linux": forLinux,
    "node_modules/other/node_modules/@linter/darwin": forLinux,
  };
  expect(lockProblems(locked)).toEqual([
    "node_modules/linter needs @linter/darwin@1.0.0 on some platform, and the lock has none",
  ]);
});

test("reports an entry without integrity and one that names a registry", () => {
  expect(
    lockProblems({
      "node_modules/linter": { version: "1.0.0" },
      "node_modules/other": { ...linter, resolved: "https://registry.test/other.tgz" },
    }),
  ).toEqual([
    "node_modules/linter has no version or no integrity",
    "node_modules/other names a registry: keep omit-lockfile-registry-resolved in .npmrc",
  ]);
});
