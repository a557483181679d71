/** Patterns of names: `*` is any text, `?` any character, everything else is itself. Pure. */

/**
 * @returns what tests a name. For a pattern of any shape it takes at most a step for each character of the name times one for
 * each character of the pattern: of several stars only the last one that was met is ever tried again.
 */
export function createGlob(pattern: string): (name: string) => boolean {
  return (name) => {
    let at = 0;
    let inPattern = 0;
    /** The last star, and where the name goes on behind what it has taken so far. */
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
