/** A gateway that shuts down, and one whose config changes under load. */
import { expect, test } from "vitest";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import { call, open, until } from "../support/client.ts";
import { gatewayToken } from "../support/gateway.ts";
import { chunk, event, ordinaryEvents } from "../support/provider.ts";
import { messages, useGateway } from "./fixture.ts";
import { relayConfig } from "./relay-config.ts";

const key = createKeyText();
const config = (upstream: object = {}) => ({
  plugins: {
    entries: {
      passthrough: {
        config: {
          upstream,
          keys: { bot: { id: "bot", sha256: keyDigest(key).toString("hex") } },
        },
      },
    },
  },
});
const fixture = useGateway({ config: () => config() });
/** Both surfaces with their credentials. */
const surfaces = [
  ["/v1/chat/completions", gatewayToken],
  ["/passthrough/v1/chat/completions", key],
] as const;

test("a config edit under load drops no request", async () => {
  const load = new AbortController();
  const statuses = new Map<number, number>();
  const caller = async (at: number) => {
    while (!load.signal.aborted) {
      const [path, token] = surfaces[at < 2 ? 0 : 1];
      const answer = await call(fixture.gateway.url + path, {
        body: { messages, stream: at % 2 === 0 },
        headers: { authorization: `Bearer ${token}` },
      });
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      expect(answer.complete).toBe(true);
    }
  };
  const callers = Promise.all([0, 1, 2, 3].map(caller));
  const served = () => statuses.get(200) ?? 0;
  for (const retries of [1, 2, 3, 4]) {
    await fixture.gateway.writeConfig(relayConfig(fixture.provider, config({ retries })));
    const before = served();
    // The gateway takes a few hundred milliseconds to see the edit.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await until(() => served() > before + 50);
  }
  load.abort();
  await callers;
  expect([...statuses.keys()]).toEqual([200]);
});

test("SIGTERM lets open streams finish, while new requests get 503", async () => {
  const first = event(chunk({ content: "word " }));
  const gate = Promise.withResolvers<void>();
  fixture.provider.behave("m1", async ({ response }) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(first);
    await gate.promise;
    response.end(ordinaryEvents().join(""));
  });
  const streams = await Promise.all(
    surfaces.map(async ([path, token]) => {
      const headers = { authorization: `Bearer ${token}` };
      const url = fixture.gateway.url + path;
      const answer = await open(url, { body: { messages, stream: true }, headers });
      const parts: string[] = [];
      answer.stream.on("data", (part: Buffer) => parts.push(part.toString()));
      const ended = new Promise((resolve) => answer.stream.once("close", resolve));
      await until(() => parts.length > 0);
      return { url, headers, answer, parts, ended };
    }),
  );
  const terminated = fixture.gateway.terminate();
  for (const { url, headers } of streams) {
    await until(async () => {
      const refused = await call(url, { body: { messages }, headers }).catch(() => undefined);
      return refused?.status === 503;
    });
  }
  gate.resolve();
  for (const { answer, parts, ended } of streams) {
    await ended;
    expect(answer.stream.complete).toBe(true);
    expect(parts.join("")).toBe(first + ordinaryEvents().join(""));
  }
  await terminated;
});
