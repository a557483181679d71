import { describe, expect, test } from "vitest";
import { createKeyDirectory } from "../../../src/access/key-directory.ts";
import { createKeyText, keyDigest } from "../../../src/access/key-text.ts";
import type { StoredKeys } from "../../../src/config/schema.ts";

const startMs = Date.parse("2026-11-20T12:00:00Z");
const text = createKeyText();
const old = createKeyText();
const sha256 = (key: string) => keyDigest(key).toString("hex");

/** A directory with one key, `bot`, and a clock. */
function directory(more: Partial<StoredKeys[string]> = {}) {
  let nowMs = startMs;
  const keys = createKeyDirectory(
    { bot: { id: "k1", sha256: sha256(text), modes: ["light"], ...more } },
    () => nowMs,
  );
  return {
    name: (key: string) => keys.find(key)?.name,
    at(time: string) {
      nowMs = Date.parse(time);
    },
  };
}

describe("a key", () => {
  test("is found by its text only", () => {
    const { name } = directory();
    expect(name(text)).toBe("bot");
    expect([name(createKeyText()), name(""), name(sha256(text)), name("bot")]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("is found until the moment it expires", () => {
    const { name, at } = directory({ expiresAt: "2026-11-20T13:00:00+00:00" });
    at("2026-11-20T12:59:59.999Z");
    expect(name(text)).toBe("bot");
    at("2026-11-20T13:00:00Z");
    expect(name(text)).toBeUndefined();
  });

  test("is not found if its expiry is not a valid date", () => {
    const { name } = directory({ expiresAt: "2026-13-45T25:00:00Z" });
    expect(name(text)).toBeUndefined();
  });
});

describe("a rotated key", () => {
  const validUntil = "2026-11-20T13:00:00Z";

  test("is found by both texts until the grace period ends, then by the new one only", () => {
    const { name, at } = directory({ previous: { sha256: sha256(old), validUntil } });
    expect([name(old), name(text)]).toEqual(["bot", "bot"]);
    at(validUntil);
    expect([name(old), name(text)]).toEqual([undefined, "bot"]);
  });

  test("is found by neither text after it expires, even within the grace period", () => {
    const expiresAt = "2026-11-20T12:30:00Z";
    const { name, at } = directory({ previous: { sha256: sha256(old), validUntil }, expiresAt });
    at(expiresAt);
    expect([name(old), name(text)]).toEqual([undefined, undefined]);
  });

  test("is not found by its old text if the end of the grace period is not a valid date", () => {
    const previous = { sha256: sha256(old), validUntil: "2026-13-45T25:00:00Z" };
    expect(directory({ previous }).name(old)).toBeUndefined();
  });
});
