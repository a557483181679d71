import { describe, expect, test } from "vitest";
import { providerWords } from "../../../src/upstream/provider-words.ts";

const secret = "sk-proj-0123456789abcdef";

describe("a provider's message", () => {
  test("is quoted without line breaks and control characters", () => {
    expect(providerWords("Incorrect key, naïve caller", [secret])).toBe(
      "Incorrect key, naïve caller",
    );
    expect(providerWords("a\r\nb\u001b[31m\u2028c\ud800", [])).toBe("a b [31m c");
  });

  test("is truncated after 300 characters", () => {
    expect(providerWords("x".repeat(10_000), [])).toHaveLength(300);
  });

  test.each([
    ["the credential", `wrong key: ${secret}`],
    ["its start", "wrong key: sk-proj-0123****"],
    ["its end", "wrong key: ****89abcdef"],
  ])("is withheld if it contains %s", (_what, message) => {
    expect(providerWords(message, [secret])).toBeUndefined();
  });

  test.each([undefined, 5, {}, "", " \n"])("is undefined for %j", (message) => {
    expect(providerWords(message, [secret, ""])).toBeUndefined();
  });
});
