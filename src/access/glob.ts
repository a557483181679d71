/** Glob patterns for names: `*` matches any text, `?` any character, everything else itself. Pure. */

/**
 * Returns a test for names. It takes at most name length times pattern length steps, because it only ever backtracks to
 * the last star.
 */
export function createGlob(pattern: string): (name: string) => boolean {
  return (name) => {
    let at = 0;
    let inPattern = 0;
    /** The last star, and the position in the name after the text that it matches so far. */
    let star: { readonly inPattern: number; nameAt: number } | undefined;
    while (at < name.length) {
      const wanted = pattern[inPattern];
      if (wanted === "*") {
        star = { inPattern, nameAt: at };
        inPattern += 1;
      } else if (wanted === "?" || wanted === name[at]) {
        at += 1;
        inPattern += 1;
      } else if (star === undefined) {
        return false;
      } else {
        star.nameAt += 1;
        at = star.nameAt;
        inPattern = star.inPattern + 1;
      }
    }
    while (pattern[inPattern] === "*") {
      inPattern += 1;
    }
    return inPattern === pattern.length;
  };
}
