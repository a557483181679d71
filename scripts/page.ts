/** Puts the page's documents together: markup, style and scripts in one file each. Part of the build. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

const root = new URL("../", import.meta.url);
const built = new URL("dist/page/", root);
const maxPageBytes = 120 * 1024;

const read = (path: string) => readFileSync(new URL(path, root), "utf8");

/** The document with its style and its script. In these nothing may end their elements. */
function document(
  name: string,
  parts: { readonly style?: string; readonly script: string },
): string {
  let html = read(`src/page/browser/${name}.html`);
  for (const [place, text] of Object.entries(parts)) {
    if (/<\/(?:script|style)|<!--|\{\{/i.test(text)) {
      throw new Error(`the ${place} of ${name} could end its own element`);
    }
    const [before, after, ...others] = html.split(`/* the ${place} */`);
    if (after === undefined || others.length > 0) {
      throw new Error(`${name}.html has not one place for the ${place}`);
    }
    html = before + text.trim() + after;
  }
  if (html.includes("Dynamic require")) {
    throw new Error(`${name} imports a module of Node's`);
  }
  return html;
}

const page = document("page", {
  style: read("dist/page/style.css"),
  script: read("dist/page/page.global.js"),
});
if (Buffer.byteLength(page) > maxPageBytes) {
  throw new Error(`the page has ${Buffer.byteLength(page)} bytes, more than ${maxPageBytes}`);
}
const doorway = document("doorway", { script: read("dist/page/doorway.global.js") });
mkdirSync(new URL("dist/", root), { recursive: true });
// The gateway appends the updates, and the end.
writeFileSync(new URL("dist/page.html", root), page.slice(0, page.lastIndexOf("</body>")));
writeFileSync(new URL("dist/doorway.html", root), doorway);
// For scripts/licenses.ts.
renameSync(new URL("metafile-iife.json", built), new URL("dist/metafile-iife.json", root));
rmSync(built, { recursive: true });
