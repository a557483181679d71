import { expect, test } from "vitest";
import { createAddressCounts } from "../../../src/listener/address-counts.ts";

test.each([
  ["192.0.2.1", "::ffff:192.0.2.1", true],
  ["192.0.2.1", "192.0.2.2", false],
  ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true],
  ["2001:db8:1:2::1", "2001:db8:1:3::1", false],
  ["2001:db8::1", "2001:db8:0:0:9::1", true],
  ["2001:db8::1", "2001:db8:0:1::1", false],
  ["fe80::1%eth0", "fe80::2%eth0", true],
  ["1:2:3:4:5:6:7:8", "1:2:3:4::", true],
])("%s and %s share a bound: %s", (one, other, shared) => {
  const counts = createAddressCounts();
  expect(counts.add(one, 1)).toBe(true);
  expect(counts.add(other, 1)).toBe(!shared);
});

test("a closed connection makes room for another one", () => {
  const counts = createAddressCounts();
  const added = [1, 2, 3].map(() => counts.add("192.0.2.1", 2));
  counts.remove("192.0.2.1");
  expect([...added, counts.add("192.0.2.1", 2), counts.add("192.0.2.1", 2)]).toEqual([
    true,
    true,
    false,
    true,
    false,
  ]);
});
