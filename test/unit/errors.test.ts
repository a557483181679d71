/** docs/http-api.md has each code of errors.ts with its status, and no other. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { errorStatuses } from "../../src/errors.ts";

const page = readFileSync(new URL("../../docs/http-api.md", import.meta.url), "utf8");

test("docs/http-api.md lists each error code once, with its status", () => {
  const rows = [...page.matchAll(/^\| (\d{3}) +\| `([a-z_]+)` +\| \S/gm)];
  const documented = rows.map(([, status, code]) => `${code} ${status}`);
  const thrown = [...errorStatuses].map(([code, status]) => `${code} ${status}`);
  expect(documented.toSorted()).toEqual(thrown.toSorted());
});
