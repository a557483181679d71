/** Packs the plugin and installs the tarball into a state folder, as `openclaw plugins install` does it for a user. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { baseConfig, hostCommand, hostEnvironment, isHostAtLeast } from "./gateway.ts";

const run = promisify(execFile);
const projectFolder = fileURLToPath(new URL("../..", import.meta.url));

/** Builds the plugin and packs it. @returns the tarball's path in `folder`. */
export async function packPlugin(folder: string): Promise<string> {
  // Without the variable these tools leave a compile cache in the system's temporary folder.
  const options = { cwd: projectFolder, env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: "1" } };
  await run("npm", ["run", "build"], options);
  const { stdout } = await run("npm", ["pack", "--pack-destination", folder], options);
  return join(folder, stdout.trim().split("\n").at(-1) ?? "");
}

/**
 * Installs a tarball with the host's own command.
 * @param folder a scratch folder; the plugin is in its `state/extensions` afterwards.
 * @throws Error with what the command printed.
 */
export async function installPlugin(folder: string, tarball: string): Promise<void> {
  await writeFile(join(folder, "openclaw.json"), JSON.stringify(baseConfig(folder, 18789)));
  // Older hosts do not know the option.
  const accept = isHostAtLeast("2026.8.2") ? ["--accept-capabilities"] : [];
  await runHost(folder, ["plugins", "install", tarball, "--force", ...accept]);
}

/**
 * Runs one of the host's commands to its end.
 * @param input what the command reads on its standard input.
 * @returns what it printed on standard output.
 * @throws Error with what it printed, when it fails.
 */
export async function runHost(
  folder: string,
  args: readonly string[],
  input = "",
): Promise<string> {
  const running = run(process.execPath, [hostCommand, ...args], {
    cwd: folder,
    env: hostEnvironment(folder),
    timeout: 120_000,
  });
  running.child.stdin?.end(input);
  return (await running).stdout;
}
