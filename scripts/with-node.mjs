// Runs a script of this project with the Node and packages that it needs, and fetches them if they are missing.
// Usage: node scripts/with-node.mjs <script.ts> [arguments]. Plain JavaScript, because it must start on Node 20.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The Node version to fetch if the current one is unsuitable. npm offers Node as the package `node`. */
const FETCHED_NODE = "24.21.0";
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const toolchain = join(root, ".toolchain");

/** `npm run --silent` also silences nested npm commands; this restores their error messages. */
const loudEnough = "--loglevel=error";

/** The host's own range, `engines.node` of openclaw 2026.9.6: >=24.16.0 <25 || >=26.1.0. */
function fits(version) {
  const [major, minor] = version.replace(/^v/, "").split(".").map(Number);
  return (major === 24 && minor >= 16) || (major === 26 && minor >= 1) || major > 26;
}

/** A sentence in place of npm's output, if npm could not reach its registry. */
function withoutNetwork(printed) {
  const [code] =
    /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT)\b/.exec(
      printed,
    ) ?? [];
  return code === undefined
    ? undefined
    : `npm could not reach its registry (${code}): check this machine's network or npm's proxy, then run the command again.`;
}

/** Runs a command, printing a dot every five seconds; exits if it fails. */
function step(title, [command, ...args], env) {
  process.stderr.write(`${title} `);
  const dots = setInterval(() => process.stderr.write("."), 5000);
  const startedAt = Date.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    const output = [];
    child.stdout.on("data", (chunk) => output.push(chunk));
    child.stderr.on("data", (chunk) => output.push(chunk));
    child.on("error", (error) => {
      output.push(Buffer.from(String(error)));
    });
    child.on("close", (code) => {
      clearInterval(dots);
      if (code === 0) {
        process.stderr.write(` done in ${Math.round((Date.now() - startedAt) / 1000)} s\n`);
        resolve();
        return;
      }
      const printed = Buffer.concat(output).toString("utf8");
      process.stderr.write(` failed\n${withoutNetwork(printed) ?? printed}\n`);
      process.exit(1);
    });
  });
}

/** The folder to put first on PATH, or undefined if the running Node is suitable. */
async function nodeFolder() {
  if (fits(process.version)) {
    return undefined;
  }
  const folder = join(toolchain, "node_modules", "node", "bin");
  const probe = spawnSync(join(folder, "node"), ["--version"], { encoding: "utf8" });
  if (probe.status === 0 && fits(probe.stdout.trim())) {
    return folder;
  }
  mkdirSync(toolchain, { recursive: true });
  writeFileSync(join(toolchain, "package.json"), '{ "private": true }\n');
  await step(
    `Node ${process.version} is too old for OpenClaw; fetching Node ${FETCHED_NODE} into .toolchain/`,
    [
      "npm",
      "install",
      loudEnough,
      "--no-save",
      "--no-audit",
      "--no-fund",
      `node@${FETCHED_NODE}`,
      "--prefix",
      toolchain,
    ],
    process.env,
  );
  return folder;
}

/** Installs exactly the packages of package-lock.json, unless they are already installed. */
async function installPackages(env) {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  const stamp = join(root, "node_modules", ".installed-lock");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) {
    return;
  }
  await step(
    "Installing packages, OpenClaw among them (a minute or two)",
    ["npm", "ci", loudEnough, "--no-audit", "--no-fund"],
    env,
  );
  writeFileSync(stamp, lock);
}

const folder = await nodeFolder();
const env = folder
  ? { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` }
  : process.env;
await installPackages(env);

const [script, ...args] = process.argv.slice(2);
const child = spawn(
  folder ? join(folder, "node") : process.execPath,
  [join(root, script), ...args],
  {
    cwd: root,
    env,
    stdio: "inherit",
  },
);
// A terminal sends Ctrl-C to the whole process group; a plain kill reaches only this process, so forward it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (signal !== "SIGINT") {
      child.kill(signal);
    }
  });
}
child.on("close", (code, signal) => {
  process.exit(code ?? 128 + (constants.signals[signal] ?? 0));
});
