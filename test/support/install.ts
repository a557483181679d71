/** Packs the plugin and installs the tarball with `openclaw plugins install`, as a user does. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { baseConfig, hostCommand, hostEnvironment, isHostAtLeast } from "./gateway.ts";

const run = promisify(execFile);
const thisProject = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Builds the plugin and packs it.
 * @param folder where the tarball goes.
 * @param projectFolder its source, with the packages that it needs.
 * @returns the tarball's path.
 */
export async function packPlugin(folder: string, projectFolder = thisProject): Promise<string> {
  // Without the variable these tools leave a compile cache in the system's temporary folder.
  const options = { cwd: projectFolder, env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: "1" } };
  await run("npm", ["run", "build"], options);
  const { stdout } = await run("npm", ["pack", "--pack-destination", folder], options);
  return join(folder, stdout.trim().split("\n").at(-1) ?? "");
}

/**
 * Installs a tarball with the host's own command.
 * @param folder a scratch folder; the plugin goes into its `state/extensions`.
 * @throws Error with the command's output.
 */
export async function installPlugin(folder: string, tarball: string): Promise<void> {
  await writeFile(join(folder, "openclaw.json"), JSON.stringify(baseConfig(folder, 18789)));
  // Older hosts do not know the option.
  const accept = isHostAtLeast("2026.8.2") ? ["--accept-capabilities"] : [];
  await runHost(folder, ["plugins", "install", tarball, "--force", ...accept]);
}

/**
 * Runs a host command to its end.
 * @param input the command's standard input.
 * @returns its standard output.
 * @throws Error with its output if it fails.
 */
export async function runHost(
  folder: string,
  args: readonly string[],
  input = "",
): Promise<string> {
  const running = run(process.execPath, [hostCommand, ...args], {
    cwd: folder,
    env: hostEnvironment(folder),
    maxBuffer: 64 * 1024 * 1024,
    timeout: 120_000,
  });
  running.child.stdin?.end(input);
  return (await running).stdout;
}
