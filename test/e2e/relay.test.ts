/** What only a real gateway can break: bytes, their order, the connection's end, limits. */
import { describe, expect, test } from "vitest";
import { callAndLeave, open, until } from "../support/client.ts";
import { mergeConfig } from "../support/gateway.ts";
import { pacedStream } from "../support/paced-stream.ts";
import { half, json, ordinaryEvents, raw, reset, silence, stream } from "../support/provider.ts";
import { entries, messages, useGateway } from "./fixture.ts";
import { singleAttempts } from "./relay-config.ts";

/** A line for each request, because repeated failures and fallbacks are folded into one line a minute. */
const log = { requests: true, maxPerSecond: 10_000 };
const fixture = useGateway({
  config: () =>
    mergeConfig(singleAttempts, { plugins: { entries: { passthrough: { config: { log } } } } }),
});

describe.each(entries)("through $name", (entry) => {
  const chat = () => `${fixture.through(entry).url}/chat/completions`;
  const authorized = () => ({ authorization: fixture.through(entry).authorization });
  const ask = (body: unknown) => fixture.through(entry).call("/chat/completions", body);

  test("a body reaches the provider byte for byte, except the value of `model`", async () => {
    const body = `{ "seed" : 9007199254740993123,"model":"openclaw", "x":"\\u00fc ü", "messages":[{"role":"user","content":"hi"}]\n}`;
    const answer = await ask(body);
    expect(answer.status).toBe(200);
    expect(fixture.provider.requests[0]?.body.toString()).toBe(body.replace('"openclaw"', '"m1"'));
    expect(fixture.provider.requests[0]?.headers).not.toHaveProperty("x-openclaw-agent");
  });

  test("relays five megabytes unchanged in both directions", async () => {
    const big = Buffer.from(JSON.stringify({ id: "x", filler: "é".repeat(2_600_000) }));
    fixture.provider.behave("m1", raw(big, 200, { "content-type": "application/json" }));
    const answer = await ask({ messages, filler: big.toString() });
    expect(answer.body.equals(big)).toBe(true);
    expect(fixture.provider.requests[0]?.json).toMatchObject({ filler: big.toString() });
  });

  test("forwards each event before the provider sends the next one", async () => {
    // Events before the first output are held back, so the first piece includes it.
    const [role = "", first = "", ...rest] = ordinaryEvents();
    const pieces = [`: a comment\n\n${role}${first}`, ": another\n\n", ...rest];
    const paced = pacedStream(pieces);
    fixture.provider.behave("m1", paced.behaviour);
    const { stream: body } = await open(chat(), {
      body: { messages, stream: true },
      headers: authorized(),
    });
    expect(await paced.read(body)).toBe(pieces.join(""));
  });

  describe.each([false, true])("with stream: %s", (streaming) => {
    const body = { messages, stream: streaming };

    test.each([
      ["answers 503", json({ error: {} }, 503)],
      ["resets the connection", reset],
      ["cuts its answer", half],
    ])("the fallback serves when the primary %s", async (_what, behaviour) => {
      fixture.provider.behave("m1", behaviour);
      const answer = await ask(body);
      expect(answer.status).toBe(200);
      expect(answer.headers).toMatchObject({
        "x-openclaw-provider": "local",
        "x-openclaw-model": "m2",
        "x-openclaw-attempts": "2",
      });
      const id = String(answer.headers["x-openclaw-request-id"]);
      await until(() => fixture.gateway.output().includes(id));
    });

    test("closes the provider's connection if the client disconnects before the first byte", async () => {
      fixture.provider.behave("m1", silence);
      const arrived = () => until(() => fixture.provider.requests.length === 1);
      await callAndLeave(chat(), { body, headers: authorized() }, arrived);
      await until(() => fixture.provider.requests[0]?.abortedAtMs !== undefined);
      expect(fixture.provider.requests).toHaveLength(1);
    });
  });

  test("ends a truncated stream with an error event", async () => {
    fixture.provider.behave("m1", stream({ pieces: ordinaryEvents().slice(0, 3), ending: "cut" }));
    const answer = await ask({ messages, stream: true });
    expect(answer.body.toString()).toMatch(/data: \{"error":.*"upstream_cut"\}\}\n\n$/);
    expect(answer.body.toString()).not.toContain("[DONE]");
  });

  test("turns a provider's web page into a 502 with an OpenAI error", async () => {
    const page = raw("<html>nginx</html>", 502, { "content-type": "text/html" });
    fixture.provider.behave("m1", page);
    fixture.provider.behave("m2", page);
    const answer = await ask({ messages });
    expect([answer.status, JSON.parse(answer.body.toString()).error.code]).toEqual([
      502,
      "upstream_unreadable",
    ]);
  });

  test("refuses a body above 20 MiB with 413", async () => {
    const answer = await ask(Buffer.alloc(20 * 1024 * 1024 + 1, 0x20));
    expect([answer.status, JSON.parse(answer.body.toString()).error.code]).toEqual([
      413,
      "body_too_large",
    ]);
  });
});
