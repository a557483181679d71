/** The schema, the manifest's hints and docs/configuration.md agree about each setting. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  configurationFile,
  settings,
  uiHints,
  withSettingsTables,
} from "../../../scripts/settings.ts";
import { secretPaths } from "../../../src/config/observability.ts";

const name = (path: readonly string[]) => path.join(".");

test("every setting has a label and a description, and every group a label", () => {
  const unsaid = settings()
    .filter(({ schema, hint, isGroup }) => !hint?.label || !(isGroup || schema.description))
    .map(({ path }) => name(path));
  expect(unsaid).toEqual([]);
});

test("every setting has a default or says what applies without it", () => {
  const open = settings()
    .filter(({ schema, hint, isGroup }) => !isGroup && schema.default === undefined && !hint?.unset)
    .map(({ path }) => name(path));
  expect(open).toEqual([]);
});

test("the host's form hides only secrets and the digests of keys", () => {
  const sensitive = Object.entries(uiHints()).filter(
    ([, hint]) => "sensitive" in hint && hint.sensitive,
  );
  expect(sensitive.map(([path]) => path)).toEqual([
    "keys.*.sha256",
    "keys.*.previous.sha256",
    ...secretPaths,
  ]);
});

test("the page's tables are generated from the schema", () => {
  // `node scripts/settings.ts` and the formatter regenerate the page.
  const page = readFileSync(configurationFile, "utf8");
  const plain = (text: string) => text.replaceAll(/[ -]+/g, " ");
  expect(plain(page)).toBe(plain(withSettingsTables(page)));
  expect(page).toContain("`upstream.providers.<id>.breaker.resetMs`");
});
