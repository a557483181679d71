import { expect, test } from "vitest";
import type { Route } from "../../../src/routing/route.ts";
import { providerUrl } from "../../../src/upstream/provider-url.ts";

test.each([
  ["http://127.0.0.1:1234/v1", "http://127.0.0.1:1234", "/v1/chat/completions"],
  ["https://api.example.com/v1/", "https://api.example.com", "/v1/chat/completions"],
  ["https://api.example.com", "https://api.example.com", "/chat/completions"],
  ["https://a.example/d?api-version=1", "https://a.example", "/d/chat/completions?api-version=1"],
])("%s is called at %s%s", (baseUrl, origin, path) => {
  expect(providerUrl({ baseUrl } as Route, "/chat/completions")).toEqual({ origin, path });
});
