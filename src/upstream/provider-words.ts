/** Sanitizes a provider's error message so that the relay can quote it. Pure. */

const maxCharacters = 300;
/** This many consecutive characters of a credential count as a leak: providers quote the beginning and the end of keys. */
const tellingCharacters = 8;

/**
 * Returns the first 300 characters of a provider's message, with unprintable ones replaced.
 * @param message the `message` of its error, which may be anything.
 * @param secrets the secrets that were sent to it. A message that repeats eight consecutive characters of one is withheld.
 * @returns undefined if there is nothing to quote.
 */
export function providerWords(message: unknown, secrets: readonly string[]): string | undefined {
  if (typeof message !== "string") {
    return undefined;
  }
  const words = message
    .slice(0, maxCharacters)
    // Control characters, lone surrogates and line separators.
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ")
    .trim();
  return words === "" || secrets.some((secret) => repeats(words, secret)) ? undefined : words;
}

/** Whether the words contain enough of the secret to give it away. Linear in the words, of which there are at most 300. */
function repeats(words: string, secret: string): boolean {
  const length = Math.min(tellingCharacters, secret.length);
  for (let at = 0; at + length <= words.length; at += 1) {
    if (secret.includes(words.slice(at, at + length))) {
      return length > 0;
    }
  }
  return false;
}
