import { describe, expect, test } from "vitest";
import { toRoute } from "../../../src/host/provider-route.ts";

/** The secrets of a route with this provider config. */
function secretsOf(provider: object, headers: Record<string, string> = {}) {
  const model = { provider: "p", id: "m", api: "openai-completions", baseUrl: "http://p/v1" };
  const config = { models: { providers: { p: provider } } };
  return toRoute("main", { ...model, headers }, config as never).secretValues;
}

test("a route has the price, the context window and the modalities of its model", () => {
  const rates = { input: 2, output: 8, cacheRead: 1, cacheWrite: 3 };
  const model = {
    provider: "p",
    id: "m",
    contextWindow: 8192,
    input: ["text", "image"],
    cost: rates,
  };
  expect(toRoute("main", { ...model, api: "openai-completions" }, {})).toMatchObject({
    contextWindow: 8192,
    modalities: ["text", "image"],
    cost: rates,
  });
});

describe("the secrets of a route, whatever its headers are named", () => {
  test("are those of request.auth, without what stands in front of them", () => {
    const header = { mode: "header", headerName: "X-Tenant", value: " abc123 ", prefix: "Key" };
    expect(secretsOf({ request: { auth: header } })).toEqual(["abc123"]);
    const bearer = { mode: "authorization-bearer", token: "abc123" };
    expect(secretsOf({ request: { auth: bearer } })).toEqual(["abc123"]);
  });

  test("are only values that the host marks as secrets", () => {
    const headers = { "x-tenant": "abc123", "x-region": "north" };
    const prepared = { "x-tenant": "oc-sent-v2.1", "x-region": "north" };
    expect(secretsOf({ headers }, prepared)).toEqual(["abc123"]);
    expect(secretsOf({})).toEqual([]);
  });
});
