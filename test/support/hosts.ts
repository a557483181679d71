/** Released versions of the host, installed for tests as `npm install openclaw` puts them on disk. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const projectFolder = fileURLToPath(new URL("../..", import.meta.url));

/** The oldest version that is supported. Every test run installs it, so a lock pins what npm may put on disk for it. */
export const oldestVersion = "2026.5.28";
const oldestFolder = fileURLToPath(new URL("oldest-host", import.meta.url));

/** The versions of `npm run test:hosts`, newest first. */
export const testedVersions = [
  "2026.9.6",
  "2026.9.1",
  "2026.8.2",
  "2026.7.35",
  "2026.6.35",
  "2026.6.11",
  oldestVersion,
] as const;

/** @returns the folder of the package, installed if it was not. The project's own version is in its `node_modules`. */
export async function installHost(version: string): Promise<string> {
  const own = join(projectFolder, "node_modules", "openclaw");
  if (JSON.parse(await readFile(join(own, "package.json"), "utf8")).version === version) {
    return own;
  }
  const folder = hostFolder(version);
  const wanted = await contents(version);
  if (!(await isInstalled(version))) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    if (version === oldestVersion) {
      await cp(oldestFolder, folder, { recursive: true });
    } else {
      await writeFile(join(folder, "package.json"), manifest(version));
    }
    const command = version === oldestVersion ? "ci" : "install";
    await run("npm", [command, "--no-audit", "--no-fund", "--loglevel=error"], { cwd: folder });
    await writeFile(join(folder, ".installed"), wanted);
  }
  return join(folder, "node_modules", "openclaw");
}

/** Whether `installHost` needs no network. An installation that was interrupted starts again. */
export async function isInstalled(version: string): Promise<boolean> {
  const stamp = await readFile(join(hostFolder(version), ".installed"), "utf8").catch(() => "");
  return stamp === (await contents(version));
}

/** Whether npm's registry answers at all: a machine may have no network. */
export async function isRegistryThere(): Promise<boolean> {
  return run("npm", ["view", `openclaw@${oldestVersion}`, "version", "--fetch-retries=0"]).then(
    () => true,
    () => false,
  );
}

const hostFolder = (version: string) => join(projectFolder, ".toolchain", "hosts", version);
const manifest = (version: string) =>
  JSON.stringify({ private: true, dependencies: { openclaw: version } });

/** Changes with what has to be installed. */
async function contents(version: string): Promise<string> {
  const text =
    version === oldestVersion
      ? await readFile(join(oldestFolder, "package-lock.json"), "utf8")
      : manifest(version);
  return createHash("sha256").update(text).digest("hex");
}
