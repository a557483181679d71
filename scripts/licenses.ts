/** Writes the licences of the bundled packages to dist/THIRD-PARTY-LICENSES.txt. Part of the build. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const root = new URL("../", import.meta.url);
/** What esbuild says of the bundles of the threads, and of the page. */
const metafiles = ["esm", "iife"].map((format) => new URL(`dist/metafile-${format}.json`, root));

const inputs = metafiles.flatMap((metafile) => {
  const { inputs: paths } = JSON.parse(readFileSync(metafile, "utf8")) as {
    inputs: Record<string, unknown>;
  };
  return Object.keys(paths);
});
const packages = new Set(
  inputs.flatMap((path) => {
    const name = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
    return name === undefined ? [] : [name];
  }),
);
const texts = [...packages].toSorted().map((name) => {
  const folder = new URL(`node_modules/${name}/`, root);
  const { version, license } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) {
    throw new Error(`${name} has no licence file`);
  }
  return `${name} ${version} (${license})\n\n${readFileSync(new URL(file, folder), "utf8").trim()}\n`;
});
writeFileSync(
  new URL("dist/THIRD-PARTY-LICENSES.txt", root),
  texts.join(`\n${"-".repeat(80)}\n\n`),
);
for (const metafile of metafiles) {
  rmSync(metafile);
}
