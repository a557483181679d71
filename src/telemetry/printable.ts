/** Texts from outside, for logs and views. Pure, also in a browser. */

/** Replaces unprintable characters: a model reference may come from a header, with line breaks or terminal escapes. */
export function printable(text: string): string {
  const short = text.length > maxPrintable ? copyOf(text.slice(0, maxPrintable)) : text;
  return /[^\x20-\x7e]/.test(short) ? short.replaceAll(/[^\x20-\x7e]/g, "?") : short;
}

const maxPrintable = 200;

/** V8 keeps the whole text for as long as a part of it lives, and a text from a client may be large. */
function copyOf(text: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(text));
}
