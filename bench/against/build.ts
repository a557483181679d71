/** Builds and packs this project as it is, or as it was at a commit. */
import { execFile } from "node:child_process";
import { mkdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { packPlugin } from "../../test/support/install.ts";

const run = promisify(execFile);
const thisProject = fileURLToPath(new URL("../..", import.meta.url));

/** @returns the commit's whole hash. @throws Error when there is no such commit. */
export async function commitHash(commit: string): Promise<string> {
  const { stdout } = await run(
    "git",
    ["rev-parse", "--verify", "--end-of-options", `${commit}^{commit}`],
    { cwd: thisProject },
  );
  return stdout.trim();
}

/**
 * @param folder is filled.
 * @returns the plugin's folder, as an install of the package would fill it.
 */
export async function packWorkingTree(folder: string): Promise<string> {
  return unpacked(folder, await packPlugin(folder));
}

/**
 * The same from a commit. Its packages are this project's where their versions are the same, so that the source is the
 * only difference; otherwise npm installs them.
 */
export async function packCommit(folder: string, commit: string): Promise<string> {
  const source = join(folder, "source");
  const archive = join(folder, "source.tar");
  await mkdir(source);
  await run("git", ["archive", "--format=tar", `--output=${archive}`, commit], {
    cwd: thisProject,
  });
  await run("tar", ["-xf", archive, "-C", source]);
  if (hasPackagesOf(await lockOf(thisProject), await lockOf(source))) {
    await symlink(join(thisProject, "node_modules"), join(source, "node_modules"), "junction");
  } else {
    console.error("its packages have other versions: npm install");
    // Not `npm ci`, which refuses the locks of early commits (docs/decisions/2026-11-21-whole-lock.md).
    await run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: source });
  }
  return unpacked(folder, await packPlugin(folder, source));
}

async function unpacked(folder: string, tarball: string): Promise<string> {
  const plugin = join(folder, "plugin");
  await mkdir(plugin);
  await run("tar", ["-xzf", tarball, "-C", plugin, "--strip-components=1"]);
  return plugin;
}

/** A package-lock.json. */
interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string }>>;
}

async function lockOf(project: string): Promise<Lock> {
  return JSON.parse(await readFile(join(project, "package-lock.json"), "utf8"));
}

/** Whether every package that the one lock asks for is in the other, in the same version. */
export function hasPackagesOf(present: Lock, wanted: Lock): boolean {
  const versions = new Map(
    Object.entries(present.packages).map(([folder, { version }]) => [folder, version]),
  );
  return Object.entries(wanted.packages).every(
    ([folder, { version }]) => folder === "" || versions.get(folder) === version,
  );
}
