/** A gateway that is told to end, and one whose config changes under load. */
import { expect, test } from "vitest";
import { call, open, until } from "../support/client.ts";
import { gatewayToken } from "../support/gateway.ts";
import { chunk, event, ordinaryEvents, stream } from "../support/provider.ts";
import { messages, useGateway } from "./fixture.ts";
import { relayConfig } from "./relay-config.ts";

const fixture = useGateway();
const headers = { authorization: `Bearer ${gatewayToken}` };

test("a config edit under load drops nothing", async () => {
  let edits = 0;
  const load = new AbortController();
  const statuses = new Map<number, number>();
  const caller = async (at: number) => {
    while (!load.signal.aborted) {
      const answer = await fixture.call("/v1/chat/completions", { messages, stream: at % 2 === 0 });
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      expect(answer.complete).toBe(true);
    }
  };
  const callers = Promise.all([1, 2, 3, 4].map(caller));
  const config = (retries: number) =>
    relayConfig(fixture.provider, {
      plugins: { entries: { passthrough: { config: { upstream: { retries } } } } },
    });
  while (edits < 4) {
    edits += 1;
    await fixture.gateway.writeConfig(config(edits));
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  load.abort();
  await callers;
  expect([...statuses.keys()]).toEqual([200]);
  expect(statuses.get(200)).toBeGreaterThan(100);
});

test("SIGTERM lets open streams end, while new requests get 503", async () => {
  const words = Array.from({ length: 40 }, () => event(chunk({ content: "word " })));
  const pieces = [...words, ...ordinaryEvents()];
  fixture.provider.behave("m1", stream({ pieces, gapMs: 50 }));
  const url = `${fixture.gateway.url}/v1/chat/completions`;
  const answer = await open(url, { body: { messages, stream: true }, headers });
  let text = "";
  answer.stream.on("data", (part: Buffer) => {
    text += part.toString();
  });
  await until(() => text !== "");
  const ended = fixture.gateway.terminate();
  await until(async () => {
    const refused = await call(url, { body: { messages }, headers }).catch(() => undefined);
    return refused?.status === 503;
  }, 3000);
  await new Promise((resolve) => answer.stream.once("close", resolve));
  expect(answer.stream.complete).toBe(true);
  expect(text).toBe(pieces.join(""));
  await ended;
});
