/** Light mode: the agent's prompt is added, then the request takes the relay's usual path. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { call, countKeepAlives } from "../support/client.ts";
import { chunk, event, json, ordinaryEvents, stream } from "../support/provider.ts";
import { messages, useFixture } from "./fixture.ts";

const workspace = mkdtempSync(join(tmpdir(), "openclaw-passthrough-workspace-"));
writeFileSync(join(workspace, "SOUL.md"), "Be kind.\nBe short.\n");
afterAll(() => rmSync(workspace, { recursive: true }));

const soul = { role: "system", content: "Be kind.\nBe short." };
const fixture = useFixture({
  workspace,
  config: { light: { keepAliveMs: 40 }, upstream: { retries: 0, breaker: { failures: 1000 } } },
});
const light = { "x-openclaw-light-context": "true" };
const ask = (body: unknown, headers: Record<string, string> = light) =>
  call(fixture.chat, { body, headers });

describe("a light request", () => {
  test("gets the agent's prompt before its messages and is otherwise unchanged, byte for byte", async () => {
    const body =
      '{"model":"openclaw","messages":[{"role":"developer","content":"In French."},{"role":"user","content":"hi"}],"seed":12345678901234567890,"tools":[],"x":{"y":1.0}}';
    const answer = await ask(body);
    expect(answer.headers["x-openclaw-mode"]).toBe("light");
    expect(fixture.provider.requests[0]?.body.toString()).toBe(
      body
        .replace('"openclaw"', '"m1"')
        .replace('"messages":[', `"messages":[${JSON.stringify(soul)},`),
    );
  });

  test("is sent without the members that voice platforms add for themselves", async () => {
    await ask({
      model: "openclaw",
      messages,
      call: { id: "c1" },
      customer: { number: "+1" },
      phoneNumber: {},
      elevenlabs_extra_body: { session_id: "s" },
      metadata: { kept: true },
    });
    expect(fixture.provider.requests[0]?.json).toEqual({
      model: "m1",
      messages: [soul, ...messages],
      metadata: { kept: true },
    });
  });

  test("falls back to the next target and names it", async () => {
    fixture.provider.behave("m1", json({ error: {} }, 503));
    const answer = await ask({ messages });
    expect([answer.status, answer.headers["x-openclaw-model"]]).toEqual([200, "m2"]);
    expect(fixture.provider.requests[1]?.json).toMatchObject({ messages: [soul, ...messages] });
  });

  test("gets keep-alive comments while it waits for a stream", async () => {
    const { heard, onBody } = countKeepAlives(1);
    fixture.provider.behave("m1", async (exchange) => {
      await heard;
      await stream()(exchange);
    });
    const body = { messages, stream: true };
    const answer = await call(fixture.chat, { body, headers: light, onBody });
    expect(answer.body.toString()).toMatch(/^(?:: keepalive\n)+data: /);
    expect(answer.body.toString().endsWith(ordinaryEvents().join(""))).toBe(true);
  });

  test("gets the deltas of each tool call together", async () => {
    const of = (index: number, text: string) =>
      event(chunk({ tool_calls: [{ index, function: { arguments: text } }] }));
    const end = [event(chunk({}, "tool_calls")), event("[DONE]")];
    const pieces = [of(0, "a1"), of(1, "b1"), of(0, "a2"), of(1, "b2"), ...end];
    fixture.provider.behave("m1", stream({ pieces }));
    const answer = await ask({ messages, stream: true });
    expect(answer.body.toString()).toBe(
      [of(0, "a1"), of(0, "a2"), of(1, "b1"), of(1, "b2"), ...end].join(""),
    );
    const asItComes = await ask({ messages, stream: true }, {});
    expect(asItComes.body.toString()).toBe(pieces.join(""));
  });

  test("that is cut ends with an error event after the last complete event", async () => {
    const pieces = [...ordinaryEvents().slice(0, 2), 'data: {"half'];
    fixture.provider.behave("m1", stream({ pieces, ending: "cut" }));
    const text = (await ask({ messages, stream: true })).body.toString();
    expect(text.startsWith(pieces.slice(0, 2).join(""))).toBe(true);
    expect(text.slice(pieces.slice(0, 2).join("").length)).toMatch(
      /^data: \{"error":.*"upstream_cut"\}\}\n\n$/,
    );
  });

  test("is refused with 400 if its header is invalid", async () => {
    const answer = await ask({ messages }, { "x-openclaw-light-context": "maybe" });
    expect([answer.status, JSON.parse(answer.body.toString()).error]).toMatchObject([
      400,
      { code: "invalid_header", param: "x-openclaw-light-context" },
    ]);
  });
});

test("a directly named model uses passthrough mode, whatever the header says", async () => {
  const answer = await ask({ messages, model: "a/m1" });
  expect(answer.headers["x-openclaw-mode"]).toBe("passthrough");
  expect(fixture.provider.requests[0]?.json).toEqual({ messages, model: "m1" });
});
