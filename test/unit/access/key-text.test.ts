import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createKeyText, isKeyText, keyDigest } from "../../../src/access/key-text.ts";

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** A key, and a position in it after the prefix. */
const placeInKey = () =>
  fc.tuple(
    fc.constant(0).map(() => createKeyText()),
    fc.integer({ min: "ocp_".length, max: 52 }),
  );

describe("a key", () => {
  test("has 53 letters and digits (one word for a double click) and is unique", () => {
    const texts = Array.from({ length: 1000 }, createKeyText);
    expect(texts.filter((text) => !/^ocp_[0-9A-Za-z]{49}$/.test(text))).toEqual([]);
    expect(texts.filter((text) => !isKeyText(text))).toEqual([]);
    expect(new Set(texts).size).toBe(1000);
  });

  test("uses all 62 digits at each position of its secret except the first", () => {
    const seen = Array.from({ length: 43 }, () => new Set<string>());
    for (let at = 0; at < 2000; at += 1) {
      const secret = createKeyText().slice(4, 47);
      seen.forEach((digitsOfPlace, place) => digitsOfPlace.add(secret.charAt(place)));
    }
    expect(seen.slice(1).filter(({ size }) => size < 62)).toEqual([]);
  });

  test("is invalid if one character is changed", () => {
    fc.assert(
      fc.property(placeInKey(), fc.constantFrom(...digits.split("")), ([key, at], digit) => {
        fc.pre(key[at] !== digit);
        expect(isKeyText(key.slice(0, at) + digit + key.slice(at + 1))).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  test("is invalid if two adjacent characters are swapped", () => {
    fc.assert(
      fc.property(placeInKey(), ([key, at]) => {
        const [left = "", right = ""] = key.slice(at, at + 2);
        fc.pre(right !== "" && left !== right);
        expect(isKeyText(key.slice(0, at) + right + left + key.slice(at + 2))).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  test("is invalid if it is truncated or extended", () => {
    const key = createKeyText();
    const others = [key.slice(1), key.slice(0, -1), `${key}0`, ` ${key}`, `${key}\n`, "", "ocp_"];
    expect(others.filter(isKeyText)).toEqual([]);
  });

  test("is told apart from arbitrary text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(isKeyText(text)).toBe(false);
        expect(isKeyText(`ocp_${text}`)).toBe(false);
      }),
    );
  });
});

test("the digest is the SHA-256 of the whole text", () => {
  expect(keyDigest("abc").toString("hex")).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});
