/** Which of a provider's headers a client may see. By allow-list: what is not named here stays behind. */
import type { HeaderFields } from "../text/header-fields.ts";

const fromProvider: ReadonlySet<string> = new Set(["content-type", "x-request-id"]);

const fromProviderPrefixes = ["retry-after", "x-ratelimit-"] as const;

/** The provider's headers that a client may see, as a flat list of names and values. */
export function responseHeaders(provider: HeaderFields): string[] {
  const list: string[] = [];
  for (const name in provider) {
    const value = provider[name];
    if (value !== undefined && crossesToClient(name)) {
      list.push(name, Array.isArray(value) ? value.join(", ") : value);
    }
  }
  return list;
}

function crossesToClient(name: string): boolean {
  return fromProvider.has(name) || fromProviderPrefixes.some((prefix) => name.startsWith(prefix));
}
