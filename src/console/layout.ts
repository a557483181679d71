/** Wraps text for the terminal, and puts lines below those of a table. Pure. */

/** Words in lines of at most `width` characters; later lines begin with `indent` spaces. A longer word is cut in two. */
export function wrapped(text: string, width: number, indent = 0): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").filter((part) => part !== "")) {
    let rest = word;
    const room = () => width - (lines.length === 0 ? 0 : indent);
    if (line !== "" && line.length + 1 + rest.length > room()) {
      lines.push(line);
      line = "";
    }
    while (rest.length > room()) {
      lines.push(rest.slice(0, room()));
      rest = rest.slice(room());
    }
    line = line === "" ? rest : `${line} ${rest}`;
  }
  return [...lines, line].map((part, at) => (at === 0 ? part : `${" ".repeat(indent)}${part}`));
}

/** Each line with those that belong below it. */
export function withDetails(
  lines: readonly string[],
  details: readonly (readonly string[])[],
): readonly string[] {
  return lines.flatMap((line, at) => [line, ...(details[at] ?? [])]);
}
