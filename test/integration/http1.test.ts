/** Connections to providers use HTTP/1.1, so a paused stream does not block others. */
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { certificate } from "../support/certificate.ts";
import { call } from "../support/client.ts";
import { type ForwardProxy, startForwardProxy } from "../support/forward-proxy.ts";
import { type Provider, startProvider } from "../support/provider.ts";
import { fakeHost, startRelayServer } from "../support/relay-server.ts";
import { messages } from "./fixture.ts";

let provider: Provider;
let proxy: ForwardProxy;
beforeAll(async () => {
  provider = await startProvider({ tls: true });
  proxy = await startForwardProxy();
});
afterAll(() => Promise.all([provider.close(), proxy.close()]));
afterEach(() => {
  vi.unstubAllEnvs();
});

const tls = { ca: certificate, servername: "provider.test" };

const environment = { kind: "environment", tls: undefined } as const;

test.each([
  ["directly", () => environment, false],
  ["through its configured proxy", () => explicit(), true],
  [
    "through the environment's proxy",
    () => {
      vi.stubEnv("https_proxy", proxy.url);
      return environment;
    },
    true,
  ],
])("calls a provider that offers HTTP/2 over HTTP/1.1: %s", async (_way, how, proxied) => {
  const seenBefore = proxy.seen.length;
  const relay = await startRelayServer(
    fakeHost({
      models: ["a/m1"],
      providers: { a: provider.baseUrl },
      route: { transport: { tls, proxy: how() } },
    }),
  );
  const answer = await call(`${relay.url}/v1/chat/completions`, { body: { messages } });
  expect([answer.status, answer.body.toString()]).toEqual([
    200,
    expect.stringContaining("Hello from the provider."),
  ]);
  expect(proxy.seen.length > seenBefore).toBe(proxied);
  await relay.close();
});

function explicit() {
  return { kind: "explicit", url: proxy.url, tls: undefined } as const;
}
