/** Packages that only the benchmark needs. They are fetched once, in exact versions, into a folder that git ignores. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

interface Package {
  readonly name: string;
  readonly version: string;
  /** Exact versions of its dependencies that would otherwise be newer. */
  readonly overrides?: Readonly<Record<string, string>>;
}

export const autocannonPackage: Package = { name: "autocannon", version: "9.0.0" };

/** With newer versions of these two it does not stream: the whole answer arrives at its end. */
export const portkeyPackage: Package = {
  name: "@portkey-ai/gateway",
  version: "1.15.2",
  overrides: { hono: "4.9.7", "@hono/node-server": "1.13.5" },
};

const cache = fileURLToPath(new URL("../.toolchain/bench/", import.meta.url));

/**
 * Installs the package if necessary. @returns the folder that contains its `node_modules`.
 * @throws Error if it is not installed and npm cannot fetch it.
 */
export async function installed({ name, version, overrides = {} }: Package): Promise<string> {
  const folder = join(cache, `${name.replaceAll("/", "-")}-${version}`);
  const stamp = join(folder, ".installed");
  const manifest = JSON.stringify({ private: true, dependencies: { [name]: version }, overrides });
  if (existsSync(stamp) && (await readFile(stamp, "utf8")) === manifest) {
    return folder;
  }
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), manifest);
  await npmInstall(folder);
  await writeFile(stamp, manifest);
  return folder;
}

function npmInstall(folder: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const npm = spawn("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const complaints: Buffer[] = [];
  npm.stderr.on("data", (chunk: Buffer) => complaints.push(chunk));
  npm.once("error", (cause) => reject(new Error("npm could not fetch it", { cause })));
  npm.once("close", (code) => {
    if (code === 0) {
      resolve();
    } else {
      const cause = Buffer.concat(complaints).toString().trim();
      reject(new Error("npm could not fetch it", { cause }));
    }
  });
  return promise;
}
