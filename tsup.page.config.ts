import { defineConfig } from "tsup";

/** The scripts and the style of the page's documents. `scripts/page.ts` puts them together. */
export default defineConfig({
  entry: {
    page: "src/page/browser/main.ts",
    doorway: "src/page/browser/doorway.ts",
    style: "src/page/browser/page.css",
  },
  outDir: "dist/page",
  tsconfig: "src/page/browser/tsconfig.json",
  format: "iife",
  platform: "browser",
  target: "es2022",
  noExternal: [/./],
  minify: true,
  metafile: true,
});
