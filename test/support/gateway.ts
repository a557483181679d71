/** Starts and stops the released OpenClaw gateway in its own scratch folder. */
import { type ChildProcess, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the installed host: the project's own, or the one in `PASSTHROUGH_TEST_HOST`. */
const hostFolder =
  process.env["PASSTHROUGH_TEST_HOST"] ??
  fileURLToPath(new URL("../../node_modules/openclaw", import.meta.url));

/** The host's command. */
export const hostCommand = join(hostFolder, "openclaw.mjs");

/** The host's version, such as `2026.9.6`. */
export const hostVersion: string = JSON.parse(
  readFileSync(join(hostFolder, "package.json"), "utf8"),
).version;

/** @param version as `2026.8.2`. */
export function isHostAtLeast(version: string): boolean {
  return hostVersion.localeCompare(version, "en", { numeric: true }) >= 0;
}

/** The bearer token of every gateway started here. */
export const gatewayToken = "scratch-gateway-token";

const startTimeoutMs = 120_000;
const stopTimeoutMs = 60_000;

/** What a test may set for its gateway. */
export interface GatewayOptions {
  /** The host's config, merged over a minimal one. */
  readonly config: Record<string, unknown>;
  /** What every config of this gateway is merged over, such as an edit by `writeConfig`. */
  readonly beneath?: Record<string, unknown>;
  /** A state folder that the gateway starts from a copy of. */
  readonly stateFrom?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A running gateway. */
export interface Gateway {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** All files of this gateway: config, state, home, log. */
  readonly folder: string;
  readonly stateFolder: string;
  /** Everything printed so far. */
  output(): string;
  /** Replaces the config file; the host reloads it. */
  writeConfig(config: Record<string, unknown>): Promise<void>;
  /** Sends SIGTERM and waits for the exit. @returns the exit code, or the signal's name. */
  terminate(): Promise<number | NodeJS.Signals>;
  /** Terminates the process and removes its folder. */
  close(): Promise<void>;
}

/** A port on which nothing listens now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * Names the folder in which hosts find each other's compiled code, so that each starts in two thirds of the time and stops without
 * writing a cache of its own. Without the variable each has its own.
 */
export const compileCacheVariable = "PASSTHROUGH_TEST_COMPILE_CACHE";

/** The environment of a host process: an empty home, no proxies, no keys. */
export function hostEnvironment(
  folder: string,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const compileCache = process.env[compileCacheVariable];
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: join(folder, "home"),
    TMPDIR: join(folder, "tmp"),
    OPENCLAW_STATE_DIR: join(folder, "state"),
    OPENCLAW_CONFIG_PATH: join(folder, "openclaw.json"),
    OPENCLAW_DISABLE_BONJOUR: "1",
    NO_COLOR: "1",
    // Else the host starts itself again, in a process with another id, to use a folder below this one.
    ...(compileCache !== undefined && {
      NODE_COMPILE_CACHE: compileCache,
      OPENCLAW_PACKAGED_COMPILE_CACHE_RESPAWNED: "1",
    }),
    ...more,
  };
}

/** The config that every scratch gateway shares. */
export function baseConfig(folder: string, port: number): Record<string, unknown> {
  return {
    gateway: {
      mode: "local",
      port,
      bind: "loopback",
      auth: { mode: "token", token: gatewayToken },
      controlUi: { enabled: false },
    },
    logging: { file: join(folder, "gateway.log") },
    update: { checkOnStart: false },
    // Tests must not access the internet.
    ...(isHostAtLeast("2026.8.2") ? { models: { catalogRefresh: { enabled: false } } } : {}),
    agents: { defaults: { workspace: join(folder, "workspace"), skipBootstrap: true } },
    // Some time after an agent's run the host reviews it with another run, whose requests would be among a test's.
    ...(isHostAtLeast("2026.9.6") && { skills: { workshop: { autonomous: { mode: "off" } } } }),
  };
}

/**
 * Tests write the newest host's config. Up to 2026.7 several agents are a list; the first is the default, and would have the workspace of
 * `agents.defaults` itself.
 */
function forThisHost(config: Record<string, unknown>): Record<string, unknown> {
  const { agents } = config;
  if (isHostAtLeast("2026.8.2") || !isPlainObject(agents) || !isPlainObject(agents["entries"])) {
    return config;
  }
  const { entries, ownership: _ownership, ...shared } = agents;
  const { workspace } = agents["defaults"] as { workspace: string };
  const list = Object.entries(entries as object).map(([id, agent]) =>
    Object.assign({ id, workspace: join(workspace, id) }, agent),
  );
  return { ...config, agents: { ...shared, list } };
}

/** Merges plain objects; arrays and scalars of `over` replace those of `base`. */
export function mergeConfig(
  base: Record<string, unknown>,
  over: Record<string, unknown>,
): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isPlainObject(below) && isPlainObject(value) ? mergeConfig(below, value) : value;
  }
  return merged;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Creates a scratch folder with the subfolders that a gateway needs. */
export async function scratchFolder(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `openclaw-passthrough-${name}-`));
  for (const sub of ["home", "tmp", "state", "workspace"]) {
    await mkdir(join(folder, sub));
  }
  return folder;
}

/**
 * Starts a gateway and waits until it is ready.
 * @throws Error with the end of the gateway's output if it exits or is not ready within two minutes.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const folder = await scratchFolder("gateway");
  const stateFolder = join(folder, "state");
  if (options.stateFrom !== undefined) {
    await cp(options.stateFrom, stateFolder, { recursive: true });
  }
  const port = await freePort();
  const writeConfig = async (config: Record<string, unknown>) => {
    const base = mergeConfig(baseConfig(folder, port), options.beneath ?? {});
    const merged = forThisHost(mergeConfig(base, config));
    await writeFile(join(folder, "openclaw.json"), JSON.stringify(merged, null, 2));
  };
  await writeConfig(options.config);

  const child = spawn(process.execPath, [hostCommand, "gateway", "run"], {
    cwd: folder,
    env: hostEnvironment(folder, options.env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = endOf(child);
  const printed: string[] = [];
  const collect = (chunk: Buffer) => printed.push(chunk.toString("utf8"));
  child.stdout?.on("data", collect);
  child.stderr?.on("data", collect);
  // A gateway must not outlive the process that started it, however that process ends.
  const killOnExit = () => child.kill("SIGKILL");
  process.once("exit", killOnExit);

  const terminate = async () => {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
    const outcome = await ended;
    clearTimeout(timer);
    return outcome;
  };
  const close = async () => {
    await terminate();
    process.off("exit", killOnExit);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await readiness(url, ended);
  } catch (error) {
    const tail = printed.join("").slice(-4000);
    await close();
    throw new Error(`${(error as Error).message}\n--- the gateway's last words\n${tail}`, {
      cause: error,
    });
  }
  return {
    url,
    port,
    pid: child.pid as number,
    folder,
    stateFolder,
    output: () => printed.join(""),
    writeConfig,
    terminate,
    close,
  };
}

function endOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve(code ?? signal ?? 0));
    child.once("error", () => resolve(-1));
  });
}

async function readiness(url: string, ended: Promise<number | NodeJS.Signals>): Promise<void> {
  let outcome: number | NodeJS.Signals | undefined;
  void ended.then((value) => {
    outcome = value;
  });
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline) {
    if (outcome !== undefined) {
      throw new Error(`the gateway ended with ${outcome} before it was ready`);
    }
    const ready = await fetch(`${url}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the gateway was not ready after ${startTimeoutMs} ms`);
}
