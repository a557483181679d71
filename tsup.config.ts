import packageJson from "./package.json" with { type: "json" };
import { defineConfig, type Options } from "tsup";

type PluginBuild = Parameters<NonNullable<Options["esbuildPlugins"]>[number]["setup"]>[0];

/** The SDK of OpenTelemetry is a file of its own: the data plane loads it only if spans are exported. */
const spanExport = {
  name: "span-export",
  setup({ onResolve }: PluginBuild) {
    onResolve({ filter: /^\.\/export\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./span-export.js", external: true } : undefined,
    );
  },
};

/** One file for each thread, with the runtime dependencies inside: an install needs nothing but the tarball. */
export default defineConfig({
  entry: { index: "src/index.ts", worker: "src/worker.ts", "span-export": "src/tracing/export.ts" },
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
  define: { "process.env.PASSTHROUGH_VERSION": JSON.stringify(packageJson.version) },
  esbuildPlugins: [spanExport],
  clean: true,
  minify: true,
  esbuildOptions(options) {
    // Short lines keep the place of an error exact. The host's scanner also judges a plugin by what is near what, in lines.
    options.lineLimit = 160;
  },
  // For scripts/wire-sizes.ts and scripts/licenses.ts, which takes it away again.
  metafile: true,
});
