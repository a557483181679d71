/** Light-mode sessions in a real gateway: one per agent, until they expire or the gateway restarts. */
import { describe, expect, test } from "vitest";
import { call } from "../support/client.ts";
import { diskGrowth, filesContaining, measureDisk, restingDisk } from "../support/disk.ts";
import { gatewayToken, startGateway } from "../support/gateway.ts";
import type { Provider } from "../support/provider.ts";
import { entries, type Entry, useGateway } from "./fixture.ts";
import { relayConfig } from "./relay-config.ts";

/** Long enough for the next turn on a busy machine. */
const idleTtlMs = 6000;
const sessionsConfig = {
  agents: { ownership: "explicit", entries: { ada: {}, bob: {} } },
  plugins: {
    entries: {
      passthrough: {
        config: {
          mode: "light",
          sessions: {
            ephemeral: { idleTtlMs, maxAgeMs: 60_000 },
            bodyPaths: [
              "call.id",
              "metadata.session_id",
              "elevenlabs_extra_body.session_id",
              "user_id",
            ],
          },
        },
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

test("the same session id is a separate session for each agent", async () => {
  // The host creates a profile for the very first caller.
  await say("ada", "hi", "room-0");
  const before = await restingDisk(fixture.gateway.stateFolder);
  await say("ada", "I am in Rome.");
  await say("bob", "I am in Oslo.");
  expect(status(await say("ada", "Where?"))).toBe("continued");
  expect(sent()).toEqual([user("I am in Rome."), hello, user("Where?")]);
  const grown = diskGrowth(before, await measureDisk(fixture.gateway.stateFolder));
  expect(grown.tables).toEqual({});
});

test("a session is named by its full key, `user`, the header or the body, in this order", async () => {
  const body = { call: { id: "order-4" }, metadata: { session_id: "order-5" } };
  const headers = { "x-openclaw-session": "order-3" };
  const whole = { ...headers, "x-openclaw-session-key": "agent:ada:order-1" };
  const turns: [object, Record<string, string>][] = [
    [{ ...body, user: "order-2" }, whole],
    [{ ...body, user: "order-2" }, headers],
    [body, headers],
    [body, {}],
    [{ metadata: body.metadata }, {}],
  ];
  const ask = (more: object, how: Record<string, string>, content: string) =>
    fixture.call(
      "/v1/chat/completions",
      { model: "openclaw/ada", messages: [user(content)], ...more },
      how,
    );
  for (const [at, [more, how]] of turns.entries()) {
    expect(status(await ask(more, how, `first of ${at}`))).toBe("new");
  }
  for (const [at, [more, how]] of turns.entries()) {
    expect(status(await ask(more, how, "again"))).toBe("continued");
    expect(sent()?.[0]).toEqual(user(`first of ${at}`));
  }
});

const tools = [
  {
    type: "function",
    function: { name: "end_call", parameters: { type: "object", properties: {} } },
  },
];
/** What the platforms send, according to their documentation, for a call with this id. */
const voiceCallers = (
  id: string,
): [name: string, body: object, headers: Record<string, string>, hasSession: boolean][] => [
  [
    "LiveKit",
    {
      temperature: 0.4,
      parallel_tool_calls: false,
      stream_options: { include_usage: true },
      tools,
    },
    { "x-openclaw-session": `room-lk-${id}` },
    true,
  ],
  ["LiveKit without headers", { stream_options: { include_usage: true } }, {}, false],
  [
    "Pipecat",
    { messages: [{ role: "developer", content: "Be brief." }, user("hello")] },
    { "x-openclaw-session": `room-pc-${id}` },
    true,
  ],
  [
    "Vapi",
    {
      call: { id: `call-${id}`, type: "inboundPhoneCall" },
      phoneNumber: { id: "p1" },
      customer: { number: "+47" },
      metadata: {},
    },
    {},
    true,
  ],
  [
    "ElevenLabs",
    { user_id: "caller-1", elevenlabs_extra_body: { session_id: `el-${id}` }, tools },
    {},
    true,
  ],
  [
    "a Twilio bridge",
    { max_tokens: 60 },
    { "x-openclaw-session": `CA0123456789abcdef${id}` },
    true,
  ],
];

describe.each(entries.map((entry, at) => ({ ...entry, at })))(
  "through $name",
  ({ at, ...entry }) => {
    test.each(voiceCallers(String(at)))(
      "serves a call from %s",
      async (_name, body, headers, hasSession) => {
        const turn = () =>
          fixture
            .through(entry)
            .call(
              "/chat/completions",
              { model: "openclaw/ada", stream: true, messages: [user("hello")], ...body },
              headers,
            );
        const first = await turn();
        expect([first.status, first.headers["x-openclaw-mode"]]).toEqual([200, "light"]);
        expect(first.body.toString()).toMatch(/ provider\.[\s\S]*data: \[DONE\]\n\n$/);
        expect(status(first)).toBe(hasSession ? "new" : undefined);
        expect(status(await turn())).toBe(hasSession ? "continued" : undefined);
        const names = Object.keys(fixture.provider.requests.at(-1)?.json ?? {});
        const own = new Set(["call", "customer", "phoneNumber", "elevenlabs_extra_body"]);
        expect(names.filter((name) => own.has(name))).toEqual([]);
      },
    );
  },
);

test("a session belongs to its key, which continues it on both of its entries, and to no operator", async () => {
  const turn = (entry: Entry, content: string) =>
    fixture
      .through(entry)
      .call(
        "/chat/completions",
        { model: "openclaw/ada", messages: [user(content)] },
        { "x-openclaw-session": "room-4" },
      );
  const [operator, keyed, listener] = entries;
  expect(status(await turn(keyed, "I am in Rome."))).toBe("new");
  expect(status(await turn(operator, "Where?"))).toBe("new");
  expect(sent()).toEqual([user("Where?")]);
  expect(status(await turn(listener, "Where?"))).toBe("continued");
  expect(sent()).toEqual([user("I am in Rome."), hello, user("Where?")]);
  expect(status(await turn(keyed, "And now?"))).toBe("continued");
  expect(sent()).toHaveLength(5);
});

test("an expired session starts over, and the status header says so", async () => {
  await say("ada", "one", "room-2");
  expect(status(await say("ada", "two", "room-2"))).toBe("continued");
  await new Promise((resolve) => setTimeout(resolve, idleTtlMs + 200));
  expect(status(await say("ada", "three", "room-2"))).toBe("new");
  expect(sent()).toEqual([user("three")]);
});

test("a restarted gateway does not know the session, and it is in no file", async () => {
  const config = relayConfig(fixture.provider, sessionsConfig);
  const ask = async (url: string) =>
    call(`${url}/v1/chat/completions`, {
      body: { model: "openclaw/ada", messages: [user("Forget this.")] },
      headers: { authorization: `Bearer ${gatewayToken}`, "x-openclaw-session": "room-3" },
    });
  const { gateway } = fixture;
  expect(status(await ask(gateway.url))).toBe("new");
  expect(status(await ask(gateway.url))).toBe("continued");
  await gateway.terminate();
  expect(await filesContaining(gateway.folder, "Forget this.")).toEqual([]);
  const restarted = await startGateway({ config, stateFrom: gateway.stateFolder });
  expect(status(await ask(restarted.url))).toBe("new");
  expect(status(await ask(restarted.url))).toBe("continued");
  await restarted.close();
});

test("the gateway prints no session id", () => {
  expect(fixture.gateway.output()).not.toMatch(/room-\d/);
});
