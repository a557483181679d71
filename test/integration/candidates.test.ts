/** How often a request resolves its models' routes at the host. */
import { afterEach, expect, test } from "vitest";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import type { Target } from "../../src/routing/route.ts";
import { call } from "../support/client.ts";
import { json } from "../support/provider.ts";
import { fakeHost, type RelayServer, startRelayServer } from "../support/relay-server.ts";
import { messages, useFixture } from "./fixture.ts";

const fixture = useFixture();
const key = createKeyText();
let relay: RelayServer | undefined;
afterEach(() => relay?.close());

/** Calls with a key whose budget and model list both need the routes. @returns the models that the host resolved. */
async function resolvedFor(model: string): Promise<readonly (string | undefined)[]> {
  const resolved: (string | undefined)[] = [];
  const host = fakeHost({
    models: ["a/m1", "a/m2"],
    providers: { a: fixture.provider.baseUrl },
    config: {
      upstream: { retries: 0 },
      keys: {
        bot: {
          id: "k1",
          sha256: keyDigest(key).toString("hex"),
          modes: ["passthrough"],
          models: ["a/*"],
          budgetUsdPerDay: 10,
        },
      },
    },
  });
  const route = (target: Target) => {
    resolved.push(target.modelRef);
    return host.route(target);
  };
  relay = await startRelayServer({ ...host, route });
  const answer = await call(`${relay.url}/passthrough/v1/chat/completions`, {
    body: { model, messages },
    headers: { authorization: `Bearer ${key}` },
  });
  expect(answer.status).toBe(200);
  return resolved;
}

test("resolves each of an agent's models once per request, although several parts need its route", async () => {
  fixture.provider.behave("m1", json({ error: {} }, 503));
  expect(await resolvedFor("openclaw")).toEqual(["a/m1", "a/m2"]);
});

test("resolves a directly named model once", async () => {
  expect(await resolvedFor("a/m2")).toEqual(["a/m2"]);
});
