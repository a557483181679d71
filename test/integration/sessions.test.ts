/** Light-mode conversations in memory. */
import { describe, expect, test } from "vitest";
import { call, callAndLeave, until } from "../support/client.ts";
import { chunk, event, json, ordinaryEvents, stream } from "../support/provider.ts";
import { useFixture } from "./fixture.ts";

const fixture = useFixture({
  config: {
    mode: "light",
    agents: { main: { http: { systemPrompt: "Be kind." } } },
    light: { keepAliveMs: 0 },
    sessions: { bodyPaths: ["call.id", "elevenlabs_extra_body.session_id"] },
    upstream: { retries: 0, breaker: { failures: 1000 } },
  },
});
const soul = { role: "system", content: "Be kind." };
const user = (content: string) => ({ role: "user", content });
const hello = { role: "assistant", content: "Hello from the provider." };
let next = 0;
/** A session id that no other test uses. */
const fresh = () => {
  next += 1;
  return `session-${next}`;
};

const say = (messages: unknown[], session: string, more: Record<string, unknown> = {}) =>
  call(fixture.chat, {
    body: { model: "openclaw", messages, ...more },
    headers: { "x-openclaw-session": session },
  });
const sent = (at = -1) =>
  (fixture.provider.requests.at(at)?.json as { messages: unknown[] } | undefined)?.messages;

describe.each([false, true])("with stream: %s", (streaming) => {
  const more = { stream: streaming };

  test("a session continues its conversation, and the status header says so", async () => {
    const session = fresh();
    const first = await say([user("one")], session, more);
    expect(first.headers["x-openclaw-session-status"]).toBe("new");
    const second = await say([user("two")], session, more);
    expect(second.headers["x-openclaw-session-status"]).toBe("continued");
    await say([user("three")], session, more);
    expect(sent()).toEqual([soul, user("one"), hello, user("two"), hello, user("three")]);
  });

  test("a failed turn is not added to the session", async () => {
    const session = fresh();
    await say([user("one")], session, more);
    for (const wrong of [
      json({ error: {} }, 400),
      stream({ pieces: ordinaryEvents().slice(0, 3), ending: "cut" }),
    ]) {
      fixture.provider.behave("m1", wrong);
      await say([user("lost")], session, more);
    }
    fixture.provider.reset();
    await say([user("two")], session, more);
    expect(sent()).toEqual([soul, user("one"), hello, user("two")]);
  });
});

test("the caller's instructions are sent with each turn but not stored", async () => {
  const session = fresh();
  const french = { role: "developer", content: "In French." };
  await say([french, user("one")], session);
  await say([french, user("two")], session);
  expect(sent()).toEqual([soul, user("one"), hello, french, user("two")]);
});

test("a conversation sent by the caller replaces the stored one", async () => {
  const session = fresh();
  await say([user("one")], session);
  const own = [user("uno"), { role: "assistant", content: "¡Hola!" }, user("dos")];
  await say(own, session);
  expect(sent()).toEqual([soul, ...own]);
  await say([user("tres")], session);
  expect(sent()).toEqual([soul, ...own, hello, user("tres")]);
});

test("a tool call is stored with its result", async () => {
  const session = fresh();
  const call1 = { id: "c1", type: "function", function: { name: "add", arguments: '{"a":1}' } };
  fixture.provider.behave(
    "m1",
    stream({
      pieces: [
        event(chunk({ role: "assistant", tool_calls: [{ index: 0, ...call1 }] })),
        event(chunk({}, "tool_calls")),
        event("[DONE]"),
      ],
    }),
  );
  await say([user("add")], session, { stream: true });
  fixture.provider.reset();
  const result = { role: "tool", tool_call_id: "c1", content: "1" };
  await say([result], session);
  const asked = { role: "assistant", content: null, tool_calls: [call1] };
  expect(sent()).toEqual([soul, user("add"), asked, result]);
  await say([user("thanks")], session);
  expect(sent()).toEqual([soul, user("add"), asked, result, hello, user("thanks")]);
});

test("reads the session id where voice platforms put it", async () => {
  for (const where of [
    { call: { id: "c-77" } },
    { call: {}, elevenlabs_extra_body: { session_id: "c-77" } },
    { user: "c-77" },
  ]) {
    const ask = (content: string) =>
      call(fixture.chat, { body: { messages: [user(content)], ...where } });
    fixture.provider.reset();
    const { headers } = await ask("two");
    expect(headers["x-openclaw-session-status"]).toBeDefined();
    await ask("three");
    expect(sent()?.slice(-3)).toEqual([user("two"), hello, user("three")]);
  }
});

test("a request without a session id is not stored", async () => {
  const before = (await fixture.relay.relay.status()).sessions;
  const answer = await call(fixture.chat, { body: { messages: [user("hi")] } });
  expect(answer.headers).not.toHaveProperty("x-openclaw-session-status");
  expect((await fixture.relay.relay.status()).sessions).toEqual(before);
});

test("refuses a reserved session key and an overlong id with 400", async () => {
  for (const headers of [
    { "x-openclaw-session-key": "cron:x" },
    { "x-openclaw-session": "x".repeat(129) },
  ] as Record<string, string>[]) {
    const answer = await call(fixture.chat, { body: { messages: [user("hi")] }, headers });
    expect([answer.status, JSON.parse(answer.body.toString()).error.code]).toEqual([
      400,
      "invalid_session",
    ]);
  }
  expect(fixture.provider.requests).toEqual([]);
});

test("turns of one session run in order, and another session runs in parallel", async () => {
  const gate = Promise.withResolvers<void>();
  fixture.provider.behave("m1", async (exchange) => {
    if (exchange.request.body.includes("slow")) {
      await gate.promise;
    }
    await json({ choices: [{ message: { role: "assistant", content: "ok" } }] })(exchange);
  });
  const session = fresh();
  const first = say([user("slow")], session);
  await until(() => fixture.provider.requests.length === 1);
  const second = say([user("after")], session);
  expect((await say([user("beside")], fresh())).status).toBe(200);
  expect(fixture.provider.requests).toHaveLength(2);
  gate.resolve();
  expect([(await first).status, (await second).status]).toEqual([200, 200]);
  expect(sent()).toEqual([soul, user("slow"), { role: "assistant", content: "ok" }, user("after")]);
});

test("a caller that disconnects frees its session for the next turn", async () => {
  const session = fresh();
  fixture.provider.behave("m1", () => undefined);
  const headers = { "x-openclaw-session": session };
  const body = { messages: [user("long")], stream: true };
  const arrived = () => until(() => fixture.provider.requests.length === 1);
  await callAndLeave(fixture.chat, { body, headers }, arrived);
  fixture.provider.reset();
  expect((await say([user("short")], session)).status).toBe(200);
  expect(sent()).toEqual([soul, user("short")]);
});
