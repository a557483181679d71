/** Who asks for Anthropic's prompt cache. */
import { expect, onTestFinished, test } from "vitest";
import { call } from "../../support/client.ts";
import { startProvider } from "../../support/provider.ts";
import { fakeHost, startRelayServer } from "../../support/relay-server.ts";
import { scriptedAnthropic } from "../../support/wires/anthropic-messages.ts";
import { play } from "../../support/wires/scene.ts";

const ephemeral = { type: "ephemeral" };
const longer = { type: "ephemeral", ttl: "1h" };

test.each([
  ["nobody", {}, {}, undefined],
  ["the client", {}, { cache_control: longer }, longer],
  ["the operator", { cache: "auto" }, {}, ephemeral],
  ["both: the client's own mark stays", { cache: "auto" }, { cache_control: longer }, longer],
])("asked for by %s", async (_who, settings, body, expected) => {
  const provider = await startProvider();
  onTestFinished(provider.close);
  provider.behave("m1", play(scriptedAnthropic, { say: ["hi"] }));
  const relay = await startRelayServer(
    fakeHost({
      models: ["a/m1"],
      providers: { a: scriptedAnthropic.baseUrl(provider.baseUrl) },
      apis: { a: scriptedAnthropic.api },
      config: { upstream: { providers: { a: settings } } },
    }),
  );
  onTestFinished(relay.close);
  const answer = await call(`${relay.url}/v1/chat/completions`, {
    body: { model: "openclaw", messages: [{ role: "user", content: "hi" }], ...body },
  });
  expect(answer.status).toBe(200);
  const sent = JSON.parse(provider.requests[0]?.body.toString() ?? "{}");
  expect(sent.cache_control).toEqual(expected);
});
