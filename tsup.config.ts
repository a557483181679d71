import { defineConfig } from "tsup";

/** One file for each thread, with the runtime dependencies inside: an install needs nothing but the tarball. */
export default defineConfig({
  entry: { index: "src/index.ts", worker: "src/worker.ts" },
  splitting: false,
  format: "esm",
  platform: "node",
  target: "node24",
  noExternal: [/^(?!openclaw(\/|$)|node:)/],
  // undici is CommonJS and asks for Node's own modules with `require`, which an ES module does not have.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  // `node:sqlite` has no other name.
  removeNodeProtocol: false,
  clean: true,
  minify: true,
  esbuildOptions(options) {
    // Short lines keep the place of an error exact. The host's scanner also judges a plugin by what is near what, in lines.
    options.lineLimit = 160;
  },
  // For scripts/wire-sizes.ts and scripts/licenses.ts, which takes it away again.
  metafile: true,
});
