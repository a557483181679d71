/** A provider's error message, made fit to be quoted in a message of ours. Pure. */

const maxCharacters = 300;
/** So many characters of a credential in a row give it away: providers repeat the beginning and the end of one. */
const tellingCharacters = 8;

/**
 * The first 300 printable characters of what a provider said.
 * @param message the `message` of its error, which may be anything.
 * @param secrets what was sent to it; a message that repeats eight characters in a row of one of them is withheld.
 * @returns undefined where there is nothing that may be quoted.
 */
export function providerWords(message: unknown, secrets: readonly string[]): string | undefined {
  if (typeof message !== "string") {
    return undefined;
  }
  const words = message
    .slice(0, maxCharacters)
    // Control characters, halves of characters, and what ends a line.
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ")
    .trim();
  return words === "" || secrets.some((secret) => repeats(words, secret)) ? undefined : words;
}

/** Linear in the words, which are few. */
function repeats(words: string, secret: string): boolean {
  const length = Math.min(tellingCharacters, secret.length);
  for (let at = 0; at + length <= words.length; at += 1) {
    if (secret.includes(words.slice(at, at + length))) {
      return length > 0;
    }
  }
  return false;
}
