import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sessionKey } from "../../../src/sessions/session-key.ts";

const key = (
  headers: Record<string, string> = {},
  body: Record<string, unknown> = {},
  bodyPaths: string[] = [],
  owner?: string,
) => sessionKey({ agentId: "voice", headers, body, bodyPaths, owner });
const named = (value: string, agentId = "voice", owner?: string) =>
  sessionKey({
    agentId,
    headers: { "x-openclaw-session": value },
    body: {},
    bodyPaths: [],
    owner,
  });
const invalid = expect.objectContaining({ code: "invalid_session" });

describe("the key of a session", () => {
  test("comes from x-openclaw-session-key, `user`, x-openclaw-session or the body, in this order", () => {
    const headers = { "x-openclaw-session-key": "agent:x:mine", "x-openclaw-session": "room" };
    const body = { user: "u1", call: { id: "c1" } };
    expect(key(headers, body, ["call.id"])).toBe("agent:x:mine");
    expect(key({ "x-openclaw-session": "room" }, body, ["call.id"])).toBe(
      "agent:voice:openai-user:u1",
    );
    expect(key({ "x-openclaw-session": "room" }, { call: body.call }, ["call.id"])).toBe(
      "agent:voice:openai-session:room",
    );
    expect(key({}, { call: body.call }, ["metadata.session_id", "call.id"])).toBe(
      "agent:voice:openai-session:c1",
    );
    expect(key({}, { call: body.call })).toBeUndefined();
  });

  test("rejects lone surrogates", () => {
    expect(() => key({}, { user: "a\ud800" })).toThrow(invalid);
    expect(key({}, { user: "🙂" })).toBe("agent:voice:openai-user:🙂");
  });

  test("accepts only text and numbers from a body", () => {
    const at = (value: unknown) => key({}, { call: { id: value } }, ["call.id"]);
    expect(at(17)).toBe("agent:voice:openai-session:17");
    for (const value of ["", " ", null, {}, [], true]) {
      expect(at(value)).toBeUndefined();
    }
    expect(key({}, {}, ["constructor.name", "__proto__"])).toBeUndefined();
  });

  test("keeps a plain name readable and escapes other characters", () => {
    expect(named("livekit-room-abc")).toBe("agent:voice:openai-session:livekit-room-abc");
    expect(named("CA1:x%")).toBe("agent:voice:openai-session:%43%411%3ax%25");
  });

  test("never looks like a ULID", () => {
    const ulid = "01arz3ndektsv4rrffq69g5fav";
    expect(named(ulid)).toBe(`agent:voice:openai-session:%30${ulid.slice(1)}`);
  });

  test.each(["subagent:x", "cron:x", "acp:x", "agent:voice:subagent:x", "AGENT:v:CRON:x"])(
    "cannot be the reserved %s",
    (value) => {
      expect(() => key({ "x-openclaw-session-key": value })).toThrow(invalid);
    },
  );

  test("cannot be one of the host's in-memory sessions", () => {
    const value = "agent:voice:dashboard:incognito-1";
    expect(() => key({ "x-openclaw-session-key": value })).toThrow(invalid);
  });

  test("requires an id of 1 to 128 printable characters", () => {
    expect(named("x".repeat(128))).toContain("x".repeat(128));
    for (const value of ["x".repeat(129), "a\u0000b", "a\nb", "a\u200bb"]) {
      expect(() => named(value)).toThrow(invalid);
    }
  });

  test("differs for different ids and agents, even if case is ignored", () => {
    const id = fc
      .string({ minLength: 1, maxLength: 40, unit: "grapheme-ascii" })
      .map((text) => text.trim())
      .filter((text) => text !== "");
    const agent = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,10}$/);
    fc.assert(
      fc.property(id, id, agent, agent, (a, b, agentA, agentB) => {
        fc.pre(a !== b || agentA !== agentB);
        expect(named(a, agentA)?.toLowerCase()).not.toBe(named(b, agentB)?.toLowerCase());
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(id, (text) => {
        fc.pre(text !== text.toUpperCase());
        expect(named(text)?.toLowerCase()).not.toBe(named(text.toUpperCase())?.toLowerCase());
      }),
    );
  });

  test("of a virtual key is in the key's own namespace, whatever names it", () => {
    const id = fc
      .string({ minLength: 1, maxLength: 40 })
      .filter((text) => /^[^\p{C}]+$/u.test(text) && text.trim() !== "");
    const owner = fc.constantFrom("a1", "b2", undefined);
    const way = fc.constantFrom("user", "header", "body");
    const by = (how: string, text: string, of: string | undefined) =>
      how === "header"
        ? key({ "x-openclaw-session": text }, {}, [], of)
        : how === "user"
          ? key({}, { user: text }, [], of)
          : key({}, { call: { id: text } }, ["call.id"], of);
    fc.assert(
      fc.property(id, id, owner, owner, way, way, (a, b, ownerA, ownerB, wayA, wayB) => {
        fc.pre(ownerA !== ownerB);
        expect(by(wayA, a, ownerA)?.toLowerCase()).not.toBe(by(wayB, b, ownerB)?.toLowerCase());
      }),
      { numRuns: 1000 },
    );
    expect(named("room", "voice", "a1")).toBe("agent:voice:openai-key-a1:session-room");
    expect(key({}, { user: "u:1" }, [], "a1")).toBe("agent:voice:openai-key-a1:user-u%3a1");
    expect(() => key({ "x-openclaw-session-key": "agent:voice:mine" }, {}, [], "a1")).toThrow(
      expect.objectContaining({ code: "session_not_allowed" }),
    );
  });

  test("contains no character with a special meaning to the host", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 40 }), (text) => {
        fc.pre(/^[^\p{C}]+$/u.test(text) && text.trim() !== "");
        expect(named(text)).toMatch(/^agent:voice:openai-session:[a-z0-9._%-]+$/);
      }),
    );
  });
});
