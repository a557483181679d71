/** What the doctor learns from providers, by one small request for each credential. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { createAskProviders } from "../../src/doctor/ask-providers.ts";
import { createDispatchers } from "../../src/upstream/dispatchers.ts";
import { json, type Provider, reset, silence, startProvider } from "../support/provider.ts";
import { fakeHost, type FakeHostOptions, startRelayServer } from "../support/relay-server.ts";

let provider: Provider;
beforeEach(async () => {
  provider = await startProvider();
});
afterEach(() => provider.close());

const host = (more: Partial<FakeHostOptions> = {}) =>
  fakeHost({ models: ["a/m1", "a/m2"], providers: { a: provider.baseUrl }, ...more });

async function asked(more: Partial<FakeHostOptions> = {}) {
  const dispatchers = createDispatchers({ environment: {} });
  const problems = await createAskProviders({
    host: host(more),
    dispatchers,
    answerWithinMs: 500,
  })();
  await dispatchers.close();
  return problems.map(({ severity, path, message }) => ({ severity, path, message }));
}

test("a provider that answers is asked once for each credential, for one token", async () => {
  expect(await asked({ keys: ["sk-first", "sk-second"] })).toEqual([]);
  expect(provider.requests.map(({ headers, json: body }) => [headers.authorization, body])).toEqual(
    ["sk-first", "sk-second"].map((key) => [
      `Bearer ${key}`,
      { model: "m1", messages: [{ role: "user", content: "Say ok." }], max_tokens: 1 },
    ]),
  );
});

test("a refused key is an error; beside one that works, it is a warning", async () => {
  const refusal = json({ error: { message: "Incorrect API key provided: sk-abc" } }, 401);
  provider.behave("m1", refusal);
  expect(await asked()).toEqual([
    {
      severity: "error",
      path: "models.providers.a.apiKey",
      message:
        'The provider "a" refuses the credential from the config or the environment (status 401).',
    },
  ]);
  provider.behave("m1", (exchange) =>
    exchange.request.headers.authorization === "Bearer sk-old"
      ? refusal(exchange)
      : json({ object: "chat.completion", choices: [] })(exchange),
  );
  expect(await asked({ keys: ["sk-old", "sk-new"] })).toMatchObject([
    { severity: "warning", path: "auth.profiles.p0" },
  ]);
});

test.each([
  ["403", json({ error: { message: "no" } }, 403), "error models.providers.a.apiKey", "forbids"],
  ["402", json({ error: { message: "pay" } }, 402), "error models.providers.a.apiKey", "paid"],
  ["429", json({ error: { message: "slow" } }, 429), "warning models.providers.a.apiKey", "429"],
  ["404", json({ error: { message: "who" } }, 404), "warning models.providers.a.baseUrl", '"a/m1"'],
  ["500", json({ error: { message: "oh" } }, 500), "error models.providers.a.baseUrl", "500"],
  ["a broken connection", reset, "error models.providers.a.baseUrl", "could not be reached"],
  ["silence", silence, "warning models.providers.a.baseUrl", "in time"],
])("%s is a problem", async (_what, behaviour, where, words) => {
  provider.behave("m1", behaviour);
  const [problem, ...others] = await asked();
  expect(`${problem?.severity} ${problem?.path}`).toBe(where);
  expect(problem?.message).toContain(words);
  expect(others).toEqual([]);
});

test("a 400 concerns the small request itself: the credential is accepted", async () => {
  provider.behave("m1", json({ error: { message: "max_tokens must be at least 16" } }, 400));
  expect(await asked()).toEqual([]);
});

test("providers of other protocols are asked in their own", async () => {
  provider.behave("m1", json({ type: "error", error: { type: "authentication_error" } }, 401));
  expect(await asked({ apis: { a: "anthropic-messages" } })).toMatchObject([{ severity: "error" }]);
  expect(provider.requests[0]?.headers["x-api-key"]).toBe("sk-provider-key");
});

test("a model that cannot be resolved is not asked for", async () => {
  expect(await asked({ models: ["ghost/m1"] })).toEqual([]);
  expect(provider.requests).toEqual([]);
});

test("a refusal has no effect on requests: no credential is skipped, no circuit opens", async () => {
  provider.behave("m1", json({ error: { message: "no" } }, 401));
  const server = await startRelayServer(host());
  expect(await server.relay.askProviders()).toHaveLength(1);
  const { upstream, totals } = await server.relay.status();
  expect(upstream).toMatchObject({ refusedCredentials: [], openCircuits: [], active: 0 });
  expect(totals).toMatchObject({ requests: 0, attempts: 0 });
  await server.close();
});
