import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Route } from "../../../src/routing/route.ts";
import { providerUrl, requestHeaders } from "../../../src/upstream/provider-request.ts";
import { responseHeaders } from "../../../src/http/client-connection.ts";

const route: Route = {
  agentId: "main",
  provider: "local",
  modelId: "m1",
  api: "openai-completions",
  baseUrl: "http://127.0.0.1:1/v1",
  contextWindow: undefined,
  cost: undefined,
  headers: {},
  sendsKey: true,
  transport: { tls: undefined, proxy: { kind: "environment", tls: undefined } },
};

const asObject = (list: readonly string[]) =>
  Object.fromEntries(
    list.flatMap((name, index) => (index % 2 === 0 ? [[name, list[index + 1]]] : [])),
  );

describe("headers to a provider", () => {
  test("carry the provider's key and none of the client's secrets", () => {
    const sent = asObject(
      requestHeaders(
        route,
        {
          authorization: "Bearer gateway-token",
          cookie: "a=b",
          "x-openclaw-agent": "main",
          "x-forwarded-for": "10.0.0.1",
          "openai-organization": "org-client",
          traceparent: "00-1-2-01",
        },
        { credential: { authorization: "Bearer sk-provider" } },
      ),
    );
    expect(sent).toEqual({
      "content-type": "application/json",
      "accept-encoding": "identity",
      traceparent: "00-1-2-01",
      "user-agent": "openclaw-passthrough",
      authorization: "Bearer sk-provider",
    });
  });

  test("let the operator's configured headers win, except framing headers", () => {
    const headers = {
      "user-agent": "mine",
      "x-team": "a",
      "content-length": "1",
      traceparent: "00-op",
    };
    const sent = asObject(
      requestHeaders({ ...route, headers }, { traceparent: "00-client" }, { credential: {} }),
    );
    expect(sent).toMatchObject({ "user-agent": "mine", "x-team": "a", traceparent: "00-op" });
    expect(sent).not.toHaveProperty("content-length");
    expect(sent).not.toHaveProperty("authorization");
  });

  test("have no key if the configured headers authenticate", () => {
    const sent = asObject(
      requestHeaders(
        { ...route, sendsKey: false, headers: { "api-key": "k" } },
        {},
        { credential: { authorization: "Bearer sk" } },
      ),
    );
    expect(sent).toMatchObject({ "api-key": "k" });
    expect(sent).not.toHaveProperty("authorization");
  });

  test("never carry a client header that is not on the allowlist", () => {
    const list = new Set([
      "content-type",
      "accept-encoding",
      "user-agent",
      "accept",
      "idempotency-key",
      "traceparent",
      "tracestate",
    ]);
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/), fc.string()),
        (client) => {
          const sent = asObject(requestHeaders(route, client, { credential: {} }));
          expect(Object.keys(sent).filter((name) => !list.has(name))).toEqual([]);
        },
      ),
    );
  });
});

describe("headers to a client", () => {
  test("are only those about the content, the limits and the request id", () => {
    const kept = {
      "content-type": "application/json",
      "retry-after": "3",
      "retry-after-ms": "3000",
      "x-ratelimit-remaining-requests": "1",
      "x-request-id": "req_1",
    };
    const dropped = {
      "content-encoding": "gzip",
      "set-cookie": ["a=b"],
      "openai-organization": "org",
      connection: "close",
      "transfer-encoding": "chunked",
      "content-length": "5",
      server: "uvicorn",
      "x-openclaw-model": "forged",
      "access-control-allow-origin": "*",
    };
    expect(asObject(responseHeaders({ ...dropped, ...kept }))).toEqual(kept);
  });
});

test.each([
  ["http://127.0.0.1:1234/v1", "http://127.0.0.1:1234", "/v1/chat/completions"],
  ["https://api.example.com/v1/", "https://api.example.com", "/v1/chat/completions"],
  ["https://api.example.com", "https://api.example.com", "/chat/completions"],
  ["https://a.example/d?api-version=1", "https://a.example", "/d/chat/completions?api-version=1"],
])("%s is called at %s%s", (baseUrl, origin, path) => {
  expect(providerUrl({ baseUrl } as Route, "/chat/completions")).toEqual({ origin, path });
});

test("a query of the resource comes before the base URL's", () => {
  const baseUrl = "https://a.example/v1beta?tenant=1";
  expect(providerUrl({ baseUrl } as Route, "/models/m:stream?alt=sse").path).toBe(
    "/v1beta/models/m:stream?alt=sse&tenant=1",
  );
});

test.each([
  ["http://h:11434/v1", "/api/chat"],
  ["http://h:11434/v1/", "/api/chat"],
  ["http://h/ollama/v1?a=b", "/ollama/api/chat?a=b"],
  ["http://h", "/api/chat"],
])("a resource may replace the last segment of the path of %s", (baseUrl, path) => {
  expect(providerUrl({ baseUrl } as Route, "/../api/chat").path).toBe(path);
});
