/** Makes text of others fit for a terminal. Pure. */

/** Replaces control and format characters, which could rewrite what the terminal shows. Letters of all scripts stay. */
export function onTerminal(line: string): string {
  return line.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
}
