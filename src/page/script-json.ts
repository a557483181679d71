/** JSON within a document. Pure. */

/**
 * JSON whose characters cannot end a script element or begin a comment: these are escaped, which JSON allows within its strings and
 * nowhere else has them.
 */
export function scriptSafe(json: string): string {
  return json.replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
