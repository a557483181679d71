/**
 * A provider's protocol may take 12 KB of the bundle, so that another one costs an install next to nothing. The SDK of
 * OpenTelemetry is not in it: whoever exports no spans would load it at each start. Part of the build.
 */
import { readFileSync } from "node:fs";

/** What is read of esbuild's metafile. */
export interface Metafile {
  readonly outputs: Readonly<
    Record<
      string,
      { readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }
    >
  >;
}

const maxWireBytes = 12 * 1024;
const bundle = "dist/worker.js";

/** The bytes of each wire in the worker's bundle: of the files in its folder, not of what the wires share. */
export function wireSizes({ outputs }: Metafile): ReadonlyMap<string, number> {
  const inputs = outputs[bundle]?.inputs ?? {};
  const sizes = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
    const [, folder, wire = ""] = /^(src\/protocols\/([^/]+))\//.exec(path) ?? [];
    if (`${folder}/wire.ts` in inputs) {
      sizes.set(wire, (sizes.get(wire) ?? 0) + bytesInOutput);
    }
  }
  return sizes;
}

/** What is wrong, in sentences. */
export function sizeProblems(metafile: Metafile): readonly string[] {
  return [...wireProblems(metafile), ...sdkProblems(metafile)];
}

function sdkProblems({ outputs }: Metafile): readonly string[] {
  const inputs = Object.keys(outputs[bundle]?.inputs ?? {});
  return inputs.some((path) => path.includes("node_modules/@opentelemetry/"))
    ? [
        `${bundle} has OpenTelemetry's SDK. Import it only in src/tracing/export.ts and what that imports.`,
      ]
    : [];
}

function wireProblems(metafile: Metafile): readonly string[] {
  const sizes = wireSizes(metafile);
  return sizes.size === 0
    ? [`There is no wire in ${bundle}.`]
    : [...sizes]
        .filter(([, bytes]) => bytes > maxWireBytes)
        .map(
          ([wire, bytes]) =>
            `src/protocols/${wire} is ${bytes} bytes in ${bundle}, more than ${maxWireBytes}. Move what other wires need, too, to a file of their own.`,
        );
}

if (import.meta.main) {
  const problems = sizeProblems(JSON.parse(readFileSync("dist/metafile-esm.json", "utf8")));
  for (const problem of problems) {
    console.error(problem);
  }
  process.exitCode = problems.length === 0 ? 0 : 1;
}
