/** Determines a request's client address by the gateway's rule for proxies, without the gateway. */
import { BlockList, isIPv4, isIPv6 } from "node:net";
import type { Peer, ProxySettings } from "./ports.ts";

export interface ProxyRules {
  /**
   * Returns a request's client address: `x-forwarded-for` and `x-real-ip` count only from a trusted proxy. Without a usable
   * field, that is the proxy's own address. Empty if the connection is closed.
   */
  clientAddress(peer: Peer): string;
  isTrustedProxy(address: string): boolean;
}

export function createProxyRules({
  trustedProxies,
  allowRealIpFallback,
}: ProxySettings): ProxyRules {
  const isTrusted = createMatcher(trustedProxies);
  return {
    isTrustedProxy(address) {
      const canonical = canonicalAddress(address);
      return canonical !== undefined && isTrusted(canonical);
    },
    clientAddress({ headers, remoteAddress = "" }) {
      const remote = canonicalAddress(remoteAddress);
      if (remote === undefined || !isTrusted(remote)) {
        return remote ?? remoteAddress;
      }
      const forwarded = forwardedClient(String(headers["x-forwarded-for"] ?? ""), isTrusted);
      const real = allowRealIpFallback
        ? addressInField(String(headers["x-real-ip"] ?? ""))
        : undefined;
      return forwarded ?? real ?? remoteAddress;
    },
  };
}

/** The last address that is neither loopback nor a trusted proxy. Entries before it are the client's own claims. */
function forwardedClient(
  field: string,
  isTrusted: (canonical: string) => boolean,
): string | undefined {
  for (let end = field.length; end >= 0;) {
    const comma = end === 0 ? -1 : field.lastIndexOf(",", end - 1);
    const hop = addressInField(field.slice(comma + 1, end));
    if (hop !== undefined && !isLoopback(hop) && !isTrusted(hop)) {
      return hop;
    }
    end = comma;
  }
  return undefined;
}

/** Whether an address is this machine's own: 127.0.0.0/8, `::1`, and their IPv4-mapped forms. */
export function isLoopback(address: string): boolean {
  const canonical = canonicalAddress(address);
  return canonical !== undefined && (canonical.startsWith("127.") || /^::1(%|$)/.test(canonical));
}

/** The network of one client: an IPv4 address, or the first 64 bits of an IPv6 address, of which one client has them all. */
export function networkOf(address: string): string {
  const canonical = canonicalAddress(address) ?? address;
  if (isIPv4(canonical)) {
    return canonical;
  }
  const [front = "", back] = withoutZone(canonical).split("::");
  const groups = front === "" ? [] : front.split(":");
  const after = back === undefined || back === "" ? [] : back.split(":");
  const zeros = back === undefined ? 0 : 8 - groups.length - after.length;
  const all = [...groups, ...Array.from({ length: zeros }, () => "0"), ...after];
  return `${all.slice(0, 4).join(":")}::/64`;
}

/** Longer texts are no address: it has up to 45 characters, and a zone's name some more. */
const maxLength = 100;

/** Reads an address that may have a port (`192.0.2.1:80`, `[2001:db8::1]:80`). */
function addressInField(field: string): string | undefined {
  const text = field.trim();
  if (text.length > maxLength) {
    return undefined;
  }
  const [, bracketed] = /^\[([^\]]*)\]/.exec(text) ?? [];
  const [, beforePort] = /^([\d.]+):[^:]*$/.exec(text) ?? [];
  return canonicalAddress(bracketed ?? beforePort ?? text);
}

/**
 * The one spelling of an address: IPv4 in dotted decimals, also for IPv4-mapped IPv6; IPv6 as in RFC 5952, with its zone.
 * Undefined if the text is no address.
 */
function canonicalAddress(text: string): string | undefined {
  if (isIPv4(text)) {
    return text;
  }
  const inside = (text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text).trim();
  if (inside.length > maxLength || isIPv4(inside)) {
    return isIPv4(inside) ? inside : undefined;
  }
  const [, address = "", zone = ""] = /^([\da-f:.]+)(%[\da-z]+)?$/i.exec(inside) ?? [];
  if (!isIPv6(address)) {
    return undefined;
  }
  // `::192.0.2.1` is the deprecated form of `::ffff:192.0.2.1`.
  const compatible = address.slice(2);
  const canonical = isIPv4(compatible)
    ? compatible
    : new URL(`http://[${address}]`).hostname.slice(1, -1);
  return mappedIPv4(canonical) ?? canonical + zone.toLowerCase();
}

/** The IPv4 address in `::ffff:c000:201`. */
function mappedIPv4(canonical: string): string | undefined {
  const [, high, low] = /^::ffff:([\da-f]+):([\da-f]+)$/.exec(canonical) ?? [];
  if (high === undefined || low === undefined) {
    return undefined;
  }
  const [first, second] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [first >> 8, first & 255, second >> 8, second & 255].join(".");
}

/** CIDR ranges by family. One list would compare an IPv4 address with IPv6 ranges too, and `::/0` has all of them. */
interface Ranges {
  readonly ipv4: BlockList;
  readonly ipv6: BlockList;
}

/** Returns a function that finds a canonical address in a list of addresses and CIDR ranges. */
function createMatcher(entries: readonly string[]): (canonical: string) => boolean {
  const addresses = new Set<string>();
  const ranges: Ranges = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const entry of entries) {
    const [, base = "", prefix = ""] = /^(.+)\/(\d+)$/.exec(entry.trim()) ?? [];
    const address = canonicalAddress(base === "" ? entry.trim() : base);
    if (address !== undefined && base !== "") {
      addRange(ranges, address, { base, prefix: Number(prefix) });
    } else if (address !== undefined) {
      addresses.add(address);
    }
  }
  return (canonical) => {
    const family = familyOf(canonical);
    return addresses.has(canonical) || ranges[family].check(withoutZone(canonical), family);
  };
}

/** @param written its base and prefix; the prefix of an IPv4-mapped range counts its 96 leading bits. */
function addRange(
  ranges: Ranges,
  address: string,
  written: { readonly base: string; readonly prefix: number },
): void {
  const { base, prefix } = written;
  const family = familyOf(address);
  const isMapped = family === "ipv4" && base.includes(":");
  const bits = isMapped ? prefix - 96 : prefix;
  if (bits <= (family === "ipv4" ? 32 : 128)) {
    ranges[family].addSubnet(withoutZone(address), Math.max(0, bits), family);
  }
}

function familyOf(canonical: string): "ipv4" | "ipv6" {
  return isIPv4(canonical) ? "ipv4" : "ipv6";
}

function withoutZone(canonical: string): string {
  return canonical.split("%", 1)[0] ?? "";
}
