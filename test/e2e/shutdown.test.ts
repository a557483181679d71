/** A gateway that shuts down, and one whose config changes under load. */
import { expect, test } from "vitest";
import { call, open, until } from "../support/client.ts";
import { freePort } from "../support/gateway.ts";
import { chunk, event, ordinaryEvents } from "../support/provider.ts";
import { entries, type Entry, messages, useGateway } from "./fixture.ts";
import { relayConfig } from "./relay-config.ts";

const config = (settings: object = {}) => ({
  plugins: { entries: { passthrough: { config: settings } } },
});
const fixture = useGateway({ config: () => config() });
const edit = (settings: object) =>
  fixture.gateway.writeConfig(relayConfig(fixture.provider, config(settings)));
const first = event(chunk({ content: "word " }));

/** Makes the provider begin a stream, and end it when the gate opens. */
function gatedStream(): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  fixture.provider.behave("m1", async ({ response }) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(first);
    await promise;
    response.end(ordinaryEvents().join(""));
  });
  return resolve;
}

/** Opens a stream, and waits for its beginning. */
async function openStream(entry: Entry) {
  const { url, authorization } = fixture.through(entry);
  const answer = await open(`${url}/chat/completions`, {
    body: { messages, stream: true },
    headers: { authorization },
  });
  const parts: string[] = [];
  answer.stream.on("data", (part: Buffer) => parts.push(part.toString()));
  const ended = new Promise((resolve) => answer.stream.once("close", resolve));
  await until(() => parts.length > 0);
  return {
    entry,
    async expectWhole() {
      await ended;
      expect([entry.name, answer.stream.complete]).toEqual([entry.name, true]);
      expect(parts.join("")).toBe(first + ordinaryEvents().join(""));
    },
  };
}

test("a config edit under load drops no request", async () => {
  const load = new AbortController();
  const statuses = new Map<number, number>();
  const caller = async (at: number) => {
    const entry = fixture.through(entries[at % entries.length] ?? entries[0]);
    while (!load.signal.aborted) {
      const body = { messages, stream: at < entries.length };
      const answer = await entry.call("/chat/completions", body);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      expect(answer.complete).toBe(true);
    }
  };
  const callers = Promise.all([...entries, ...entries].map((_entry, at) => caller(at)));
  const served = () => statuses.get(200) ?? 0;
  const edits = async () => {
    for (const retries of [1, 2, 3, 4]) {
      // The second setting is one of the listener's.
      await edit({ upstream: { retries }, listen: { maxConnections: 100 + retries } });
      const before = served();
      // The gateway takes a few hundred milliseconds to see the edit.
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await until(() => served() > before + 50);
    }
  };
  await Promise.all([callers, edits().finally(() => load.abort())]);
  expect([...statuses.keys()]).toEqual([200]);
});

test("a change of `listen.port` serves on the new port, and open streams end well", async () => {
  const endStreams = gatedStream();
  const streams = await Promise.all(entries.map(openStream));
  const port = await freePort();
  await edit({ listen: { port } });
  const isServing = (at: number) =>
    call(`http://127.0.0.1:${at}/healthz`).then(
      ({ status }) => status === 200,
      () => false,
    );
  await until(() => isServing(port));
  await until(async () => !(await isServing(fixture.listenPort)));
  endStreams();
  for (const { expectWhole } of streams) {
    await expectWhole();
  }
  await edit({});
  await until(() => isServing(fixture.listenPort));
});

test("SIGTERM lets open streams finish, while new requests get 503 or no connection", async () => {
  const endStreams = gatedStream();
  const streams = await Promise.all(entries.map(openStream));
  const terminated = fixture.gateway.terminate();
  for (const entry of entries) {
    await until(async () => {
      const refused = await fixture
        .through(entry)
        .call("/chat/completions", { messages })
        .catch(({ code }: NodeJS.ErrnoException) => code);
      return entry.isListener
        ? refused === "ECONNREFUSED"
        : typeof refused === "object" && refused.status === 503;
    });
  }
  endStreams();
  for (const { expectWhole } of streams) {
    await expectWhole();
  }
  expect(await terminated).toBe(0);
});
