/** Every config example in our pages fits the schema; the gateway would not start with an invalid one. */
import { globSync, readFileSync } from "node:fs";
import JSON5 from "json5";
import { expect, test } from "vitest";
import { resolveConfig } from "../../../src/config/resolve.ts";

const root = new URL("../../../", import.meta.url);
const examples = globSync(["README.md", "docs/**/*.md"], { cwd: root }).flatMap((page) =>
  [...readFileSync(new URL(page, root), "utf8").matchAll(/```json5\n([^]*?)```/g)].map(
    ([, text = ""]) => ({ page, text: text.trim() }),
  ),
);

test("the pages contain examples", () => {
  expect(examples.length).toBeGreaterThan(3);
});

test.each(examples)("the example in $page is valid: $text", ({ text }) => {
  const config = JSON5.parse(text.startsWith("{") ? text : `{${text}}`);
  expect(() => resolveConfig(config.plugins.entries.passthrough.config)).not.toThrow();
});
