/** Our rule for client addresses agrees with the gateway's own function. */
import fc from "fast-check";
import { resolveClientIp } from "openclaw/plugin-sdk/core";
import { describe, expect, test } from "vitest";
import { createProxyRules, isLoopback } from "../../../src/access/client-address.ts";

interface Given {
  readonly remote: string;
  readonly forwardedFor?: string;
  readonly realIp?: string;
  readonly trusted?: readonly string[];
  readonly fallback?: boolean;
}

function ours({ remote, forwardedFor, realIp, trusted = [], fallback = false }: Given): string {
  return createProxyRules({ trustedProxies: trusted, allowRealIpFallback: fallback }).clientAddress(
    {
      headers: { "x-forwarded-for": forwardedFor, "x-real-ip": realIp },
      remoteAddress: remote,
    },
  );
}

/** The gateway's answer; like src/host/client-address.ts, the connection's address where there is none. */
function gateways({ remote, forwardedFor, realIp, trusted = [], fallback = false }: Given): string {
  const address = resolveClientIp({
    remoteAddr: remote,
    ...(forwardedFor === undefined ? {} : { forwardedFor }),
    ...(realIp === undefined ? {} : { realIp }),
    trustedProxies: [...trusted],
    allowRealIpFallback: fallback,
  });
  return address ?? remote;
}

const behindProxy = (forwardedFor: string, more: Partial<Given> = {}): Given => ({
  remote: "10.0.0.1",
  trusted: ["10.0.0.0/8"],
  forwardedFor,
  ...more,
});

describe("the client address is", () => {
  test.each<[string, Given, string]>([
    ["the connection's", { remote: "192.0.2.1" }, "192.0.2.1"],
    [
      "the connection's, whatever a stranger claims",
      { remote: "192.0.2.1", forwardedFor: "1.1.1.1", realIp: "1.1.1.1", fallback: true },
      "192.0.2.1",
    ],
    ["IPv4 for an IPv4-mapped one", { remote: "::ffff:192.0.2.1" }, "192.0.2.1"],
    ["with its zone", { remote: "FE80::1%eth0" }, "fe80::1%eth0"],
    ["in one spelling", { remote: "2001:DB8:0:0:0::1" }, "2001:db8::1"],
    ["the forwarded one", behindProxy("192.0.2.1"), "192.0.2.1"],
    ["the last one, not a claim before it", behindProxy("1.1.1.1, 192.0.2.1"), "192.0.2.1"],
    ["before trusted proxies", behindProxy("192.0.2.1, 10.1.1.1,10.2.2.2"), "192.0.2.1"],
    ["before loopback", behindProxy("192.0.2.1, 127.0.0.1, ::1"), "192.0.2.1"],
    ["before what is no address", behindProxy("192.0.2.1, unknown, ,"), "192.0.2.1"],
    ["without its port", behindProxy("192.0.2.1:4711"), "192.0.2.1"],
    ["without brackets and port", behindProxy("[2001:db8::1]:4711"), "2001:db8::1"],
    ["the proxy's where all are trusted", behindProxy("10.1.1.1, 127.0.0.1"), "10.0.0.1"],
    ["the proxy's without a field", { remote: "10.0.0.1", trusted: ["10.0.0.1"] }, "10.0.0.1"],
    ["not x-real-ip unless it is allowed", behindProxy("", { realIp: "192.0.2.1" }), "10.0.0.1"],
    ["x-real-ip", behindProxy("", { realIp: "192.0.2.1", fallback: true }), "192.0.2.1"],
    [
      "forwarded by a proxy in a mapped range",
      { remote: "::ffff:10.0.0.1", trusted: ["::ffff:10.0.0.0/104"], forwardedFor: "192.0.2.1" },
      "192.0.2.1",
    ],
    [
      "forwarded by a proxy in an IPv6 range",
      { remote: "2001:db8::5", trusted: [" 2001:db8::/32 "], forwardedFor: "192.0.2.1" },
      "192.0.2.1",
    ],
    [
      "not forwarded by a proxy with another zone",
      { remote: "fe80::1%eth1", trusted: ["fe80::1%eth0"], forwardedFor: "192.0.2.1" },
      "fe80::1%eth1",
    ],
    ["empty on a closed connection", { remote: "" }, ""],
  ])("%s", (_what, given, expected) => {
    expect([ours(given), gateways(given)]).toEqual([expected, expected]);
  });
});

test("any addresses, ranges and fields lead to the gateway's answer", () => {
  const v4 = fc.oneof(
    fc.ipV4(),
    fc.constantFrom("127.0.0.1", "10.0.0.1", "10.1.2.3", "192.168.1.9", "0.0.0.0"),
  );
  const v6 = fc.oneof(
    fc.ipV6(),
    v4.map((address) => `::ffff:${address}`),
    v4.map((address) => `::${address}`),
    fc.constantFrom("::1", "::", "FE80::1%eth0", "fe80::1%eth1", "2001:db8::1", "::FFFF:7f00:1"),
  );
  const address = fc.oneof(v4, v6);
  const noAddress = fc.constantFrom(
    "",
    " ",
    "unknown",
    "_hidden",
    "1.2.3",
    "256.1.1.1",
    "[::1",
    "%",
  );
  const hop = fc.oneof(
    address,
    v4.map((one) => `${one}:80`),
    v6.map((one) => `[${one}]:80`),
    v6.map((one) => `[${one}]`),
    fc.tuple(fc.constantFrom(" ", "\t", ""), address).map(([space, one]) => space + one + space),
    noAddress,
    fc.string({ maxLength: 8 }),
  );
  const proxy = fc.oneof(
    address,
    fc.tuple(v4, fc.integer({ min: 0, max: 33 })).map(([one, bits]) => `${one}/${bits}`),
    fc.tuple(v6, fc.integer({ min: 0, max: 129 })).map(([one, bits]) => `${one}/${bits}`),
    noAddress,
  );
  fc.assert(
    fc.property(
      fc.record({
        remote: address,
        forwardedFor: fc.array(hop, { maxLength: 5 }).map((hops) => hops.join(",")),
        realIp: hop,
        trusted: fc.array(proxy, { maxLength: 4 }),
        trustsRemote: fc.boolean(),
        fallback: fc.boolean(),
      }),
      ({ trustsRemote, ...given }) => {
        const trusted = trustsRemote ? [...given.trusted, given.remote] : given.trusted;
        expect(ours({ ...given, trusted })).toBe(gateways({ ...given, trusted }));
      },
    ),
    { numRuns: 3000 },
  );
});

test.each([
  ["127.0.0.1", true],
  ["127.9.9.9", true],
  ["::1", true],
  ["::ffff:127.0.0.1", true],
  ["10.0.0.1", false],
  ["::", false],
  ["0.0.0.0", false],
  ["localhost", false],
])("%s is loopback: %s", (address, expected) => {
  expect(isLoopback(address)).toBe(expected);
});
