/**
 * nginx and HAProxy, if installed: proxies in C that inspect nothing, as an upper limit. One worker each, because
 * everything else here runs JavaScript in one thread. Connections to the provider are kept alive; nothing is
 * buffered or logged.
 */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../test/support/gateway.ts";
import { type Rival, startRival } from "./server.ts";

/** @throws Error if it is not installed or does not start. */
export async function startNginx(provider: string): Promise<Rival> {
  return startProxy({
    command: "nginx",
    title: `nginx ${versionOf("nginx", /nginx\/([\d.]+)/)}`,
    args: (config, folder) => ["-p", folder, "-e", "stderr", "-c", config],
    config: (port, folder) => `daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${folder};
  proxy_temp_path ${folder};
  fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder};
  scgi_temp_path ${folder};
  keepalive_requests 1000000000;
  upstream provider { server ${provider}; keepalive 1024; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://provider;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }
  }
}
`,
  });
}

/** @throws Error if it is not installed or does not start. */
export async function startHaproxy(provider: string): Promise<Rival> {
  return startProxy({
    command: "haproxy",
    title: `HAProxy ${versionOf("haproxy", /version ([\d.]+)/)}`,
    args: (config) => ["-db", "-f", config],
    config: (port) => `global
  maxconn 4096
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
  option http-no-delay
frontend load
  bind 127.0.0.1:${port} backlog 4096
  default_backend provider
backend provider
  server provider ${provider}
`,
  });
}

interface ProxyOptions {
  readonly command: string;
  readonly title: string;
  readonly args: (config: string, folder: string) => readonly string[];
  readonly config: (port: number, folder: string) => string;
}

async function startProxy({ command, title, args, config }: ProxyOptions): Promise<Rival> {
  const folder = await mkdtemp(join(tmpdir(), `openclaw-passthrough-${command}-`));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const port = await freePort();
    const file = join(folder, "proxy.conf");
    await writeFile(file, config(port, folder));
    const rival = await startRival({
      title,
      command,
      args: args(file, folder),
      cwd: folder,
      port,
    });
    return {
      ...rival,
      async close() {
        await rival.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

function versionOf(command: string, pattern: RegExp): string {
  const { error, stdout, stderr } = spawnSync(command, ["-v"], { encoding: "utf8" });
  if (error !== undefined) {
    throw new Error("not present");
  }
  return pattern.exec(stdout + stderr)?.[1] ?? "of unknown version";
}
