/** The generated part of a page, between `<!-- name -->` and `<!-- /name -->`. */

interface Marked {
  readonly before: string;
  readonly inside: string;
  readonly after: string;
}

/** @throws Error if the page has no such marks. */
export function marked(page: string, name: string): Marked {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [before, rest] = page.split(start);
  const [inside, after] = rest?.split(end) ?? [];
  if (before === undefined || inside === undefined || after === undefined) {
    throw new Error(`the page has no ${start} … ${end}`);
  }
  return { before: before + start, inside, after: end + after };
}

/** @throws Error if the page has no such marks. */
export function replaceMarked(page: string, name: string, made: string): string {
  const { before, after } = marked(page, name);
  return `${before}\n\n${made}\n\n${after}`;
}
