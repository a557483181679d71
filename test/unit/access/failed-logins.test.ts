import { expect, test } from "vitest";
import { createFailedLogins } from "../../../src/access/failed-logins.ts";

test("an address may fail ten logins a minute; further ones get the time to wait", () => {
  let nowMs = 0;
  const failedLogins = createFailedLogins(() => nowMs);
  const times = (count: number, address: string) =>
    Array.from({ length: count }, () => failedLogins.add(address));
  expect(times(10, "a")).toEqual(Array.from({ length: 10 }, () => 0));
  nowMs = 20_000;
  expect(times(2, "a")).toEqual([40_000, 40_000]);
  expect(times(1, "b")).toEqual([0]);
  nowMs = 60_000;
  expect(times(10, "a")).toEqual(Array.from({ length: 10 }, () => 0));
});

test("remembers a bounded number of addresses, the most recent ones", () => {
  const failedLogins = createFailedLogins(() => 0);
  for (let at = 0; at < 30_000; at += 1) {
    failedLogins.add(`address ${at}`);
  }
  const tenMore = (address: string) => Array.from({ length: 10 }, () => failedLogins.add(address));
  expect(tenMore("address 29999").at(-1)).toBe(60_000);
  expect(tenMore("address 0").at(-1)).toBe(0);
});
