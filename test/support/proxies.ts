/** Runs the configs of docs/proxies.md with the programs that they are for, in a scratch folder and on free ports. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { access, constants, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { certificate, certificateKey } from "./certificate.ts";
import { until } from "./client.ts";
import { freePort } from "./gateway.ts";

/** The name in `certificate`. */
export const proxyName = "provider.test";
/** The port of the listener in the docs. */
const documentedPort = "18790";

export interface Running {
  readonly port: number;
  stop(): Promise<void>;
}

const page = new URL("../../docs/proxies.md", import.meta.url);

/** The only block of the page in this language that has this text. */
export async function documented(language: string, part = ""): Promise<string> {
  const blocks = [...(await readFile(page, "utf8")).matchAll(/^```(\S+)\n(.*?)^```$/gms)]
    .filter(([, name, text = ""]) => name === language && text.includes(part))
    .map(([, , text = ""]) => text);
  const [block, ...others] = blocks;
  if (block === undefined || others.length > 0) {
    throw new Error(`docs/proxies.md has ${blocks.length} blocks in ${language} with "${part}"`);
  }
  return block;
}

/** Replaces texts of a documented config, each of which it must have. */
export function adapted(config: string, changes: readonly (readonly [string, string])[]): string {
  let text = config;
  for (const [from, to] of changes) {
    if (!text.includes(from)) {
      throw new Error(`docs/proxies.md has no ${from} in: ${config}`);
    }
    text = text.replaceAll(from, to);
  }
  return text;
}

/** The commands of these that this machine lacks. */
export async function missing(commands: readonly string[]): Promise<string[]> {
  const found = await Promise.all(commands.map(find));
  return commands.filter((_, at) => found[at] === undefined);
}

/** The command's path. Servers are where only root looks for commands. */
export async function find(command: string): Promise<string | undefined> {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin"];
  for (const folder of folders) {
    const path = join(folder, command);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) {
      return path;
    }
  }
  return undefined;
}

/** nginx with TLS, in front of a port. */
export async function startNginx(upstreamPort: number): Promise<Running> {
  const folder = await scratch();
  const port = await freePort();
  const site = adapted(await documented("nginx"), [
    ["listen 443 ssl;", `listen ${port} ssl;`],
    ["relay.example.com", proxyName],
    ["/etc/ssl/relay", folder],
    [`127.0.0.1:${documentedPort}`, `127.0.0.1:${upstreamPort}`],
  ]);
  await writeFile(join(folder, "site.conf"), site);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${join(folder, kind)};`,
  );
  // What the site's file is included in, on Debian too.
  const main = [
    "daemon off; worker_processes 1; error_log stderr;",
    `pid ${join(folder, "pid")};`,
    process.getuid?.() === 0 ? `user ${userInfo().username};` : "",
    "events {}",
    `http { access_log off; ${temporary.join(" ")} include ${join(folder, "site.conf")}; }`,
  ];
  await writeFile(join(folder, "nginx.conf"), main.join("\n"));
  const args = ["-e", "stderr", "-p", folder, "-c", join(folder, "nginx.conf")];
  return run({ command: "nginx", args, folder, port });
}

/** Caddy with TLS, in front of a port. */
export async function startCaddy(upstreamPort: number): Promise<Running> {
  const folder = await scratch();
  const port = await freePort();
  const site = adapted(await documented("caddyfile"), [
    ["relay.example.com", `${proxyName}:${port}`],
    ["/etc/ssl/relay", folder],
    [`127.0.0.1:${documentedPort}`, `127.0.0.1:${upstreamPort}`],
  ]);
  // Without these, Caddy would use ports 80 and 2019.
  const options = "{\n\tadmin off\n\tauto_https disable_redirects\n}\n";
  await writeFile(join(folder, "Caddyfile"), options + site);
  const args = ["run", "--adapter", "caddyfile", "--config", join(folder, "Caddyfile")];
  return run({ command: "caddy", args, folder, port });
}

/** A tunnel that the gateway's machine opens to a server: the server's end of it. */
export async function startReverseTunnel(upstreamPort: number): Promise<Running> {
  const port = await freePort();
  const near = `127.0.0.1:${documentedPort}`;
  const account = adapted(await documented("sshd_config"), [
    ["Match User tunnel", `Match User ${userInfo().username}`],
    [near, `127.0.0.1:${port}`],
  ]);
  const client = adapted(await documented("ssh_config"), [
    [`RemoteForward ${near} ${near}`, `RemoteForward 127.0.0.1:${port} 127.0.0.1:${upstreamPort}`],
  ]);
  return startTunnel({ account, client, args: ["-N", "passthrough-tunnel"], port });
}

/** A tunnel that a caller's machine opens to the gateway's: the caller's end of it. */
export async function startForwardTunnel(upstreamPort: number): Promise<Running> {
  const port = await freePort();
  const text = await readFile(page, "utf8");
  const [, forward = ""] = /^ssh -N -L (\S+) gateway\.example\.com$/m.exec(text) ?? [];
  const target = `127.0.0.1:${documentedPort}`;
  const adaptedForward = adapted(forward, [
    [`${target}:${target}`, `127.0.0.1:${port}:127.0.0.1:${upstreamPort}`],
  ]);
  const args = ["-N", "-L", adaptedForward, "gateway.example.com"];
  return startTunnel({ account: "", client: "", args, port });
}

interface Tunnel {
  /** A part of sshd's config. */
  readonly account: string;
  /** The config of ssh. */
  readonly client: string;
  /** The arguments of ssh. */
  readonly args: readonly string[];
  /** Where ssh or sshd listens for the tunnel. */
  readonly port: number;
}

async function startTunnel({ account, client, args, port }: Tunnel): Promise<Running> {
  const folder = await scratch();
  const sshPort = await freePort();
  const newKey = (name: string) =>
    promisify(execFile)("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, name)]);
  await Promise.all([newKey("host"), newKey("user")]);
  const hostKey = await readFile(join(folder, "host.pub"), "utf8");
  await writeFile(join(folder, "known"), `[127.0.0.1]:${sshPort} ${hostKey}`);
  const server = [
    `ListenAddress 127.0.0.1:${sshPort}`,
    `HostKey ${join(folder, "host")}`,
    `AuthorizedKeysFile ${join(folder, "user.pub")}`,
    "PidFile none",
    "StrictModes no",
    "PasswordAuthentication no",
    account,
  ];
  await writeFile(join(folder, "sshd_config"), server.join("\n"));
  await writeFile(join(folder, "ssh_config"), client);
  if (process.getuid?.() === 0) {
    // sshd needs this folder. Debian's service makes it.
    await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  }
  const sshd = await run({
    command: "sshd",
    args: ["-D", "-e", "-f", join(folder, "sshd_config")],
    folder,
    port: sshPort,
  });
  const own = {
    HostName: "127.0.0.1",
    Port: sshPort,
    User: userInfo().username,
    IdentityFile: join(folder, "user"),
    IdentitiesOnly: "yes",
    UserKnownHostsFile: join(folder, "known"),
    BatchMode: "yes",
  };
  const options = Object.entries(own).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  const ssh = await run({
    command: "ssh",
    args: ["-F", join(folder, "ssh_config"), ...options, ...args],
    folder,
    port,
  }).catch(async (error: unknown) => {
    await sshd.stop();
    throw error;
  });
  return {
    port,
    async stop() {
      await ssh.stop();
      await sshd.stop();
    },
  };
}

/** A folder with the certificate. */
async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "openclaw-passthrough-proxy-"));
  await writeFile(join(folder, "fullchain.pem"), certificate);
  await writeFile(join(folder, "privkey.pem"), certificateKey, { mode: 0o600 });
  return folder;
}

interface Command {
  readonly command: string;
  readonly args: readonly string[];
  /** Removed at the end. */
  readonly folder: string;
  /** What it listens on once it is ready. */
  readonly port: number;
}

/** @throws Error with the command's output if it ends before it listens. */
export async function run({ command, args, folder, port }: Command): Promise<Running> {
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder, XDG_DATA_HOME: folder };
  const child = spawn((await find(command)) ?? command, args, { cwd: folder, env });
  const ended = endOf(child);
  let printed = "";
  child.stdout.on("data", (part) => (printed += part));
  child.stderr.on("data", (part) => (printed += part));
  // It must not outlive the tests, however they end.
  const kill = () => child.kill();
  process.once("exit", kill);
  const stop = async () => {
    kill();
    await ended;
    process.off("exit", kill);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await until(async () => child.exitCode !== null || (await isOpen(port)));
    if (child.exitCode !== null) {
      throw new Error(`${command} ended with ${child.exitCode}`);
    }
  } catch (error) {
    await stop();
    throw new Error(`${(error as Error).message}\n${printed}`, { cause: error });
  }
  return { port, stop };
}

async function endOf(child: ChildProcess): Promise<void> {
  await once(child, "close").catch(() => undefined);
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const isConnected = await once(socket, "connect").then(
    () => true,
    () => false,
  );
  socket.destroy();
  return isConnected;
}
