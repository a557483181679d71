/** What is particular to Google: where the model and the key are, and how errors are told. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { json, type Provider, startProvider } from "../../support/provider.ts";
import { fakeHost, type RelayServer, startRelayServer } from "../../support/relay-server.ts";
import { scriptedGoogle } from "../../support/wires/google-generative-ai.ts";
import { play } from "../../support/wires/scene.ts";

let provider: Provider;
let relay: RelayServer;

const start = (api: string, baseUrl: string) =>
  startRelayServer(
    fakeHost({
      models: ["a/m1"],
      providers: { a: baseUrl },
      route: { api },
      keys: ["k0", "k1"],
      config: { upstream: { retries: 0 } },
    }),
  );

interface Answer {
  readonly error: { readonly message: string };
  readonly choices: readonly [
    {
      readonly finish_reason: string;
      readonly message: {
        readonly role: string;
        readonly content: string | null;
        readonly tool_calls: readonly [{ readonly id: string; readonly extra_content?: object }];
      };
    },
  ];
}

async function ask(at: RelayServer, more: object = {}) {
  const response = await fetch(`${at.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: "Bearer token", "content-type": "application/json" },
    body: JSON.stringify({
      model: "openclaw",
      messages: [{ role: "user", content: "hi" }],
      ...more,
    }),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Answer,
  };
}

const invalidKey = {
  error: {
    code: 400,
    message: "API key not valid. Please pass a valid API key.",
    status: "INVALID_ARGUMENT",
    details: [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" }],
  },
};

beforeAll(async () => {
  provider = await startProvider();
});
/** A relay remembers keys that failed, so each test has its own. */
beforeEach(async () => {
  provider.reset();
  relay = await start("google-generative-ai", scriptedGoogle.baseUrl(provider.baseUrl));
});
afterEach(() => relay.close());
afterAll(() => provider.close());

describe("the request", () => {
  test("has the model in its path and the key in Google's header", async () => {
    provider.behave("m1", play(scriptedGoogle, { say: ["Hello"] }));
    const { status, headers } = await ask(relay, { logit_bias: { 1: 2 } });
    expect(status).toBe(200);
    expect(headers.get("x-openclaw-dropped-params")).toBe("logit_bias");
    const [request] = provider.requests;
    expect(request?.path).toBe("/v1beta/models/m1:streamGenerateContent?alt=sse");
    expect(request?.headers).toMatchObject({ "x-goog-api-key": "k0" });
    expect(request?.headers).not.toHaveProperty("authorization");
  });

  test("goes to the publisher's models on Vertex AI", async () => {
    const vertex = await start("google-vertex", provider.baseUrl.replace(/\/v1$/, ""));
    provider.behave("m1", play(scriptedGoogle, { say: ["Hello"] }));
    expect((await ask(vertex)).status).toBe(200);
    expect(provider.requests[0]?.path).toBe(
      "/v1/publishers/google/models/m1:streamGenerateContent?alt=sse",
    );
    await vertex.close();
  });
});

describe("an error", () => {
  test.each([
    ["alone", invalidKey],
    ["in an array", [invalidKey]],
  ])("about the key, %s, leads to the next key", async (_how, body) => {
    provider.behave("m1", (exchange) =>
      exchange.request.headers["x-goog-api-key"] === "k0"
        ? json(body, 400)(exchange)
        : play(scriptedGoogle, { say: ["Hello"] })(exchange),
    );
    const answer = await ask(relay);
    expect(answer.status).toBe(200);
    expect(provider.requests.map(({ headers }) => headers["x-goog-api-key"])).toEqual(["k0", "k1"]);
  });

  test("about the request stays a 400, in the provider's words", async () => {
    const error = { code: 400, message: "Unknown name.", status: "INVALID_ARGUMENT" };
    provider.behave("m1", json([{ error }], 400));
    const { status, body } = await ask(relay);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ message: expect.stringContaining("Unknown name.") });
    expect(provider.requests).toHaveLength(1);
  });

  test("about the rate tells how long to wait", async () => {
    const fail = { status: 429, message: "quota", retryAfterSeconds: 34.4 };
    provider.behave("m1", play(scriptedGoogle, { fail }));
    const { status, headers } = await ask(relay);
    expect(status).toBe(429);
    expect(headers.get("retry-after-ms") ?? headers.get("retry-after")).toMatch(/^(?:34400|35)$/);
  });
});

test("a signature comes back with its call, from the client or from memory", async () => {
  const call = { id: "c1", name: "f", arguments: ['{"a":', "1}"] };
  provider.behave("m1", play(scriptedGoogle, { calls: [call], signature: "sig" }));
  const { body } = await ask(relay);
  const { message, finish_reason } = body.choices[0];
  expect(finish_reason).toBe("tool_calls");
  expect(message.tool_calls).toEqual([
    {
      id: "c1",
      type: "function",
      function: { name: "f", arguments: '{"a":1}' },
      extra_content: { google: { thought_signature: "sig" }, openclaw_provider: "a" },
    },
  ]);
  const { extra_content: _signature, ...forgotten } = message.tool_calls[0];
  for (const tool_calls of [message.tool_calls, [forgotten]]) {
    provider.forget();
    await ask(relay, {
      messages: [
        { role: "user", content: "hi" },
        { ...message, tool_calls },
        { role: "tool", tool_call_id: "c1", content: "ok" },
      ],
    });
    expect(provider.requests[0]?.json).toMatchObject({
      contents: [
        {},
        {
          role: "model",
          parts: [
            { functionCall: { id: "c1", name: "f", args: { a: 1 } }, thoughtSignature: "sig" },
          ],
        },
        {},
      ],
    });
  }
});
