/** The listener follows its settings, survives what is wrong with them, and drains. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  certificate,
  certificateKey,
  secondCertificate,
  secondKey,
} from "../support/certificate.ts";
import { call, open as openCall, until } from "../support/client.ts";
import { connections, openStreams, startListener } from "../support/listener.ts";
import { exchange, head } from "../support/raw-http.ts";
import { socketsRead } from "../support/sockets.ts";

const warnings = (log: readonly string[]) => log.filter((line) => line.startsWith("warn"));

/** Takes a free port; `server.close()` frees it. */
async function occupy(): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return { port: typeof address === "object" ? (address?.port ?? 0) : 0, server };
}

async function freePort(): Promise<number> {
  const { port, server } = await occupy();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("the address", () => {
  test("is off without settings, and can be switched off", async () => {
    const { url, listener, change } = await startListener();
    await change(undefined);
    expect([listener.url(), listener.problem()]).toEqual([undefined, undefined]);
    await expect(call(url)).rejects.toThrow("ECONNREFUSED");
  });

  test("that is in use is a problem until it is free", async () => {
    const { port, server } = await occupy();
    const { listener, log } = await startListener({ settings: { port } });
    expect(listener.url()).toBeUndefined();
    expect(listener.problem()).toBe(
      `Port ${port} of 127.0.0.1 is in use. Stop the program that uses it, or set plugins.entries.passthrough.config.listen.port to another port.`,
    );
    server.close();
    await until(() => listener.url() !== undefined);
    expect(listener.problem()).toBeUndefined();
    expect((await call(`http://127.0.0.1:${port}/`)).status).toBe(200);
    expect(warnings(log)).toHaveLength(1);
  });

  test.each([
    ["192.0.2.1", "is no address of this machine"],
    ["no-such-host.invalid", "is no address of this machine"],
  ])("%s is a problem", async (host, words) => {
    const { listener } = await startListener({ settings: { host } });
    expect(listener.problem()).toContain(words);
  });

  test("changes without a cut: the new one serves, and an open stream of the old one ends well", async () => {
    const { handler, open } = openStreams();
    const { url, listener, change } = await startListener({ handler });
    const stream = call(url);
    await until(() => open.length === 1);
    const port = await freePort();
    await change({ port });
    expect(listener.url()).toBe(`http://127.0.0.1:${port}`);
    await expect(call(url)).rejects.toThrow("ECONNREFUSED");
    const next = call(`http://127.0.0.1:${port}/`);
    await until(() => open.length === 2);
    expect(listener.connections()).toBe(2);
    open.forEach((response) => response.end("done"));
    expect((await stream).body.toString()).toBe("begundone");
    expect((await next).body.toString()).toBe("begundone");
    await until(() => listener.connections() === 0);
  });

  test("stays while the new one is in use", async () => {
    const { url, listener, change } = await startListener();
    const { port, server } = await occupy();
    await change({ port });
    expect(listener.problem()).toContain("is in use");
    expect((await call(url)).status).toBe(200);
    server.close();
    await until(() => listener.url()?.endsWith(String(port)) === true);
    expect(listener.problem()).toBeUndefined();
  });

  test("may change its host and keep its port", async () => {
    const port = await freePort();
    const { handler, open } = openStreams();
    const { url, listener, change } = await startListener({ handler, settings: { port } });
    const stream = call(url);
    await until(() => open.length === 1);
    await change({ host: "0.0.0.0" });
    expect([listener.url(), listener.problem()]).toEqual([`http://0.0.0.0:${port}`, undefined]);
    open[0]?.end("done");
    expect((await stream).body.toString()).toBe("begundone");
    // Back again, as well after a failure in between.
    await change({ host: "192.0.2.1" });
    expect(listener.problem()).toContain("192.0.2.1");
    await change({ host: "0.0.0.0" });
    expect(listener.problem()).toBeUndefined();
  });
});

test("other bounds apply to open connections", async () => {
  const { port, change, listener } = await startListener();
  const long = head(`GET /${"x".repeat(3000)} HTTP/1.1`);
  expect((await exchange(port, [long])).answers).toMatchObject([{ status: 200 }]);
  const url = listener.url();
  await change({ maxHeaderBytes: 2048 });
  expect((await exchange(port, [long])).answers).toMatchObject([{ status: 431 }]);
  expect(listener.url()).toBe(url);
});

const outside = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ internal, family }) => !internal && family === "IPv4");

test.skipIf(outside === undefined)(
  "an address may have some connections, a proxy any",
  async () => {
    const address = outside?.address ?? "";
    const proxies = new Set<string>();
    const { port, listener } = await startListener({
      settings: { host: "0.0.0.0", maxConnectionsPerAddress: 5 },
      isTrustedProxy: (one) => proxies.has(one),
    });
    const sockets = await connections(port, 9, address);
    await until(() => sockets.filter((socket) => socket.closed).length === 4);
    proxies.add(address);
    const more = await connections(port, 9, address);
    await socketsRead();
    expect(more.filter((socket) => socket.closed)).toEqual([]);
    [...sockets, ...more].forEach((socket) => socket.destroy());
    await until(() => listener.connections() === 0);
    proxies.clear();
    const again = await connections(port, 5, address);
    await socketsRead();
    expect(again.filter((socket) => socket.closed)).toEqual([]);
  },
);

describe("TLS", () => {
  const files = async () => {
    const folder = await mkdtemp(join(tmpdir(), "openclaw-passthrough-tls-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const tls = { certFile: join(folder, "cert.pem"), keyFile: join(folder, "key.pem") };
    const write = async (cert: string, key: string) => {
      await writeFile(tls.certFile, cert);
      await writeFile(tls.keyFile, key);
    };
    await write(certificate, certificateKey);
    return { tls, write };
  };
  /** The common name of the server's certificate, and its answer. */
  const ask = (port: number) =>
    new Promise<string>((resolve, reject) => {
      const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false });
      let text = "";
      socket.on("error", reject);
      socket.on("secureConnect", () => socket.write(head("GET / HTTP/1.1", "connection: close")));
      socket.on("data", (part: Buffer) => (text += part.toString()));
      const name = () => String(socket.getPeerCertificate().subject.CN);
      let common = "";
      socket.once("data", () => (common = name()));
      socket.on("end", () => resolve(`${common} ${text.slice(9, 12)}`));
    });

  test("is served with the files' certificate, also after they change", async () => {
    const { tls, write } = await files();
    const { listener, port, log } = await startListener({ settings: { tls } });
    expect(listener.url()).toBe(`https://127.0.0.1:${port}`);
    expect(await ask(port)).toBe("provider.test 200");
    await write(secondCertificate, secondKey);
    await until(async () => (await ask(port)) === "second.test 200");
    expect(listener.problem()).toBeUndefined();
    expect(log.join("\n")).not.toContain("PRIVATE");
  });

  test("goes on with the certificate before while the new one is broken", async () => {
    const { tls, write } = await files();
    const { listener, port, log } = await startListener({ settings: { tls } });
    await write(
      secondCertificate,
      "-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----",
    );
    await until(() => listener.problem() !== undefined);
    expect(listener.problem()).toMatch(/cannot be used .* The one before stays in use\.$/);
    expect(await ask(port)).toBe("provider.test 200");
    await rm(tls.keyFile);
    await until(() => listener.problem()?.includes("cannot be read (ENOENT)") === true);
    expect(await ask(port)).toBe("provider.test 200");
    await write(secondCertificate, secondKey);
    await until(() => listener.problem() === undefined);
    expect(await ask(port)).toBe("second.test 200");
    expect(log.join("\n")).not.toContain("SECRET");
  });

  test("without a readable certificate is a problem until there is one", async () => {
    const { tls, write } = await files();
    await rm(tls.certFile);
    const { listener } = await startListener({ settings: { tls } });
    expect([listener.url(), listener.problem()]).toEqual([
      undefined,
      expect.stringContaining("cert.pem of listen.tls cannot be read (ENOENT)"),
    ]);
    await write(certificate, certificateKey);
    await until(() => listener.url() !== undefined);
    expect(await ask(Number(new URL(listener.url() ?? "").port))).toBe("provider.test 200");
  });

  test("may be switched on for the same port", async () => {
    const { tls } = await files();
    const port = await freePort();
    const { listener, change } = await startListener({ settings: { port } });
    expect((await call(`http://127.0.0.1:${port}/`)).status).toBe(200);
    await change({ tls });
    expect([listener.url(), listener.problem()]).toEqual([`https://127.0.0.1:${port}`, undefined]);
    expect(await ask(port)).toBe("provider.test 200");
  });

  test("is no way in for plain HTTP or broken handshakes", async () => {
    const { tls } = await files();
    const { port, handled } = await startListener({ settings: { tls } });
    for (const bytes of [head("GET / HTTP/1.1"), "\x16\x03\x01\x00\x05hello", "\0".repeat(1000)]) {
      const { ended } = await exchange(port, [bytes]);
      expect(ended).toBe(true);
    }
    expect(handled).toEqual([]);
    expect(await ask(port)).toBe("provider.test 200");
  });
});

describe("a stop", () => {
  test("closes idle and unused connections at once", async () => {
    const { port, listener } = await startListener();
    const [unused] = await connections(port, 1);
    const idle = await connections(port, 2);
    idle.forEach((socket) => socket.write(head("GET / HTTP/1.1")));
    await until(() => idle.every((socket) => socket.bytesRead > 0));
    const stopped = listener.stop(60_000);
    await socketsRead();
    await socketsRead();
    expect([unused, ...idle].map((socket) => socket?.closed)).toEqual([true, true, true]);
    await stopped;
  });

  test("lets a stream end, and a request whose body is still arriving", async () => {
    const { handler, open } = openStreams();
    const { url, port, listener } = await startListener({ handler });
    const stream = call(url);
    const silent = await connections(port, 1);
    silent[0]?.write("GET / HTTP/1.1\r\nhost: a\r\n");
    await until(() => open.length === 1);
    const stopped = listener.stop(60_000);
    await socketsRead();
    expect(listener.url()).toBeUndefined();
    await expect(call(url)).rejects.toThrow("ECONNREFUSED");
    // What has begun to arrive is still served.
    silent[0]?.write("\r\n");
    await until(() => open.length === 2);
    open.forEach((response) => response.end("done"));
    expect((await stream).body.toString()).toBe("begundone");
    await stopped;
    expect(listener.connections()).toBe(0);
  });

  test("answers `connection: close` where the head is not sent yet", async () => {
    const waiting: (() => void)[] = [];
    const { url, listener } = await startListener({
      handler: (_request, response) =>
        new Promise((resolve) => {
          waiting.push(() => response.end("late", () => resolve()));
        }),
    });
    const answer = openCall(url, { headers: { connection: "keep-alive" } });
    await until(() => waiting.length === 1);
    const stopped = listener.stop(60_000);
    await socketsRead();
    waiting[0]?.();
    const { headers, stream } = await answer;
    stream.resume();
    expect(headers.connection).toBe("close");
    await stopped;
  });

  test("cuts a stream that never ends after its grace", async () => {
    const { handler, open } = openStreams();
    const { url, listener } = await startListener({ handler });
    const stream = call(url);
    await until(() => open.length === 1);
    const startedAtMs = performance.now();
    await listener.stop(200);
    expect(performance.now() - startedAtMs).toBeGreaterThan(190);
    expect((await stream).complete).toBe(false);
    await until(() => open[0]?.closed === true);
  });

  test("says in /healthz that it drains", async () => {
    const { handler, open } = openStreams();
    const { port, listener } = await startListener({ handler });
    const [client] = await connections(port, 1);
    let text = "";
    client?.on("data", (part: Buffer) => (text += part.toString()));
    client?.write(head("GET / HTTP/1.1") + head("GET /healthz HTTP/1.1"));
    await until(() => open.length === 1);
    const stopped = listener.stop(60_000);
    await socketsRead();
    open[0]?.end();
    await stopped;
    await until(() => client?.closed === true);
    expect(text).toContain('{"ok":false,"status":"draining"}');
  });

  test("cuts a body that never arrives after requestTimeoutMs, also without a grace", async () => {
    const { handler } = openStreams();
    const { port, listener, change, handled } = await startListener({
      handler,
      settings: { requestTimeoutMs: 300, headersTimeoutMs: 300 },
    });
    const [client] = await connections(port, 1);
    client?.write(head("POST / HTTP/1.1", "content-length: 10"));
    await until(() => handled.length === 1);
    await change(undefined);
    await until(() => client?.closed === true);
    expect(listener.connections()).toBe(0);
  });
});
