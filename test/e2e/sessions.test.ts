/** Sessions of light mode in the real gateway: for two agents, until they expire, and not over a restart. */
import { expect, inject, test } from "vitest";
import { call } from "../support/client.ts";
import { diskGrowth, measureDisk } from "../support/disk.ts";
import { gatewayToken, startGateway } from "../support/gateway.ts";
import type { Provider } from "../support/provider.ts";
import { useGateway } from "./fixture.ts";
import { relayConfig } from "./relay-config.ts";

const sessionsConfig = {
  agents: { ownership: "explicit", entries: { ada: {}, bob: {} } },
  plugins: {
    entries: {
      passthrough: {
        config: { mode: "light", sessions: { ephemeral: { idleTtlMs: 2000, maxAgeMs: 60_000 } } },
      },
    },
  },
};
const fixture = useGateway({ config: () => sessionsConfig });
const user = (content: string) => ({ role: "user", content });
const hello = { role: "assistant", content: "Hello from the provider." };

const say = (agent: string, content: string, session = "room-1") =>
  fixture.call(
    "/v1/chat/completions",
    { model: `openclaw/${agent}`, messages: [user(content)] },
    { "x-openclaw-session": session },
  );
const status = (answer: { headers: Record<string, unknown> }) =>
  answer.headers["x-openclaw-session-status"];
const sent = (provider: Provider = fixture.provider) =>
  (provider.requests.at(-1)?.json as { messages: unknown[] } | undefined)?.messages;

test("one session value is another session for another agent", async () => {
  // The first caller of all gets a profile from the host, once.
  await say("ada", "hi", "room-0");
  const before = await measureDisk(fixture.gateway.stateFolder);
  await say("ada", "I am in Rome.");
  await say("bob", "I am in Oslo.");
  expect(status(await say("ada", "Where?"))).toBe("continued");
  expect(sent()).toEqual([user("I am in Rome."), hello, user("Where?")]);
  const grown = diskGrowth(before, await measureDisk(fixture.gateway.stateFolder));
  expect(grown.tables).toEqual({});
});

test("a session that has expired begins anew, and says so", async () => {
  await say("ada", "one", "room-2");
  expect(status(await say("ada", "two", "room-2"))).toBe("continued");
  await new Promise((resolve) => setTimeout(resolve, 2200));
  expect(status(await say("ada", "three", "room-2"))).toBe("new");
  expect(sent()).toEqual([user("three")]);
});

test("a session is gone after a restart", async () => {
  const config = relayConfig(fixture.provider, sessionsConfig);
  const ask = async (url: string) =>
    call(`${url}/v1/chat/completions`, {
      body: { model: "openclaw/ada", messages: [user("hi")] },
      headers: { authorization: `Bearer ${gatewayToken}`, "x-openclaw-session": "room-3" },
    });
  await say("ada", "hi", "room-3");
  const restarted = await startGateway({ config, stateFrom: inject("installedState") });
  expect(status(await ask(restarted.url))).toBe("new");
  expect(status(await ask(restarted.url))).toBe("continued");
  await restarted.close();
});

test("no session id is in anything that the gateway printed", () => {
  expect(fixture.gateway.output()).not.toMatch(/room-\d/);
});
