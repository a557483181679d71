/** The relay's own listener in a real gateway, behind the proxies and tunnels of docs/proxies.md, with the configs that it shows. */
import { networkInterfaces } from "node:os";
import JSON5 from "json5";
import { afterAll, beforeAll, describe, expect, type TestContext, test } from "vitest";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import { certificate } from "../support/certificate.ts";
import { call, type CallOptions, open, until } from "../support/client.ts";
import { freePort, gatewayToken, mergeConfig } from "../support/gateway.ts";
import { runHost } from "../support/install.ts";
import { pacedStream } from "../support/paced-stream.ts";
import { ordinaryEvents, silence } from "../support/provider.ts";
import {
  adapted,
  documented,
  missing,
  proxyName,
  type Running,
  startCaddy,
  startForwardTunnel,
  startNginx,
  startReverseTunnel,
} from "../support/proxies.ts";
import { messages, useGateway } from "./fixture.ts";

const key = createKeyText();
const listenerPort = await freePort();
const documentedConfig = JSON5.parse(
  adapted(await documented("json5", "trustedProxies"), [["18790", String(listenerPort)]]),
);
const fixture = useGateway({
  config: () =>
    mergeConfig(documentedConfig, {
      plugins: {
        entries: {
          passthrough: {
            config: { keys: { bot: { id: "bot", sha256: keyDigest(key).toString("hex") } } },
          },
        },
      },
    }),
});

interface Front {
  readonly name: string;
  /** What it is made of, the last first. */
  readonly start: () => Promise<Running[]>;
  readonly commands: readonly string[];
  /** Whether it is a proxy with TLS, which reports its clients' addresses. */
  readonly isProxy: boolean;
}

const fronts: readonly Front[] = [
  {
    name: "nginx",
    start: async () => [await startNginx(listenerPort)],
    commands: ["nginx"],
    isProxy: true,
  },
  {
    name: "Caddy",
    start: async () => [await startCaddy(listenerPort)],
    commands: ["caddy"],
    isProxy: true,
  },
  {
    name: "nginx at the far end of a reverse tunnel",
    async start() {
      const tunnel = await startReverseTunnel(listenerPort);
      return [await startNginx(tunnel.port), tunnel];
    },
    commands: ["nginx", "ssh", "sshd", "ssh-keygen"],
    isProxy: true,
  },
  {
    name: "a forward tunnel",
    start: async () => [await startForwardTunnel(listenerPort)],
    commands: ["ssh", "sshd", "ssh-keygen"],
    isProxy: false,
  },
];

/** An address of this machine that others could have: not loopback. */
const ownAddress = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.internal === false && one.family === "IPv4")?.address;

describe.each(fronts)("behind $name", ({ name, start, commands, isProxy }) => {
  let running: Running[] = [];
  let lacking: string[] = [];
  let isReported = false;

  beforeAll(async () => {
    lacking = await missing(commands);
    running = lacking.length === 0 ? await start() : [];
  });
  afterAll(async () => {
    for (const one of running) {
      await one.stop();
    }
  });

  const skipIfLacking = ({ task, skip }: TestContext) => {
    if (lacking.length > 0) {
      const leftOut = `the listener behind ${name}: not installed: ${lacking.join(", ")}`;
      // One line for all tests.
      if (!isReported) {
        task.meta.leftOut = leftOut;
        isReported = true;
      }
      skip(leftOut);
    }
  };
  const url = (path: string, host = "127.0.0.1") =>
    `${isProxy ? "https" : "http"}://${host}:${running[0]?.port}${path}`;
  const options = (body?: unknown, more: Record<string, string> = {}): CallOptions => ({
    body,
    headers: { host: proxyName, authorization: `Bearer ${key}`, ...more },
    ...(isProxy ? { tls: { ca: certificate, servername: proxyName } } : {}),
  });
  const chat = "/v1/chat/completions";

  test("JSON, megabytes and errors pass", async (context) => {
    skipIfLacking(context);
    const content = "0123456789abcdef".repeat(320 * 1024);
    const large = { messages: [{ role: "user", content }] };
    for (const body of [{ messages }, large]) {
      const { status, body: answer } = await call(url(chat), options(body));
      expect([status, answer.toString()]).toEqual([
        200,
        expect.stringContaining("Hello from the provider."),
      ]);
    }
    expect(fixture.provider.requests[1]?.body.length).toBeGreaterThan(5 * 1024 * 1024);
    expect(fixture.provider.requests[1]?.body.includes(content)).toBe(true);

    const refusals = [
      [chat, { filler: "x".repeat(21 * 1024 * 1024) }, key, 413, "body_too_large"],
      [chat, { messages }, gatewayToken, 401, "invalid_api_key"],
      ["/", undefined, key, 404, "not_found"],
    ] as const;
    for (const [path, body, token, status, code] of refusals) {
      const answer = await call(url(path), options(body, { authorization: `Bearer ${token}` }));
      expect([path, answer.status, JSON.parse(answer.body.toString()).error.code]).toEqual([
        path,
        status,
        code,
      ]);
    }
  });

  test("each event of a stream arrives before the provider sends the next", async (context) => {
    skipIfLacking(context);
    // The relay holds the role back until the first word.
    const [role = "", ...others] = ordinaryEvents();
    const pieces = [role + others.shift(), ...others];
    const paced = pacedStream(pieces);
    fixture.provider.behave("m1", paced.behaviour);
    const answer = await open(url(chat), options({ messages, stream: true }));
    expect(await paced.read(answer.stream)).toBe(pieces.join(""));
    expect(answer.stream.complete).toBe(true);
    expect(fixture.provider.requests).toHaveLength(1);
  });

  test("a client that leaves ends its request at the provider", async (context) => {
    skipIfLacking(context);
    const [first = ""] = ordinaryEvents(["word"]).slice(1);
    fixture.provider.behave("m1", ({ response }) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(first);
    });
    const answer = await open(url(chat), options({ messages, stream: true }));
    await new Promise((resolve) => answer.stream.once("data", resolve));
    answer.abort();
    await until(() => fixture.provider.requests[0]?.abortedAtMs !== undefined);

    fixture.provider.behave("m1", silence);
    const leave = new AbortController();
    const waiting = open(url(chat), { ...options({ messages }), signal: leave.signal });
    await until(() => fixture.provider.requests.length === 2);
    leave.abort();
    await expect(waiting).rejects.toThrow("abort");
    await until(() => fixture.provider.requests[1]?.abortedAtMs !== undefined);
  });

  test("the health check passes", async (context) => {
    skipIfLacking(context);
    const { status, body } = await call(url("/healthz"), options());
    expect([status, body.toString()]).toEqual([200, '{"ok":true,"status":"live"}']);
  });

  test.runIf(isProxy)("wrong keys count for the address that sent them", async (context) => {
    skipIfLacking(context);
    if (ownAddress === undefined) {
      context.task.meta.leftOut = `client addresses behind ${name}: this machine has no address but loopback`;
      context.skip(context.task.meta.leftOut);
    }
    const wrongKey = async (host: string | undefined, claimed: string) => {
      const authorization = `Bearer ${createKeyText()}`;
      const headers = { authorization, "x-forwarded-for": claimed, "x-real-ip": claimed };
      return (await call(url("/v1/models", host), options(undefined, headers))).status;
    };
    // Earlier ones of this minute count, too.
    const statuses: number[] = [];
    while (statuses.at(-1) !== 429 && statuses.length < 12) {
      statuses.push(await wrongKey(ownAddress, `198.51.100.${statuses.length}`));
    }
    expect(statuses.at(-1)).toBe(429);
    expect(statuses.length).toBeLessThanOrEqual(11);
    expect(await wrongKey("127.0.0.1", ownAddress ?? "")).toBe(401);
    expect((await call(url("/v1/models", ownAddress), options())).status).toBe(200);
  });
});

test("the gateway's own command still reaches it, and reports both planes", async () => {
  const { ok, dataPlane } = JSON.parse(
    await runHost(fixture.gateway.folder, ["gateway", "call", "passthrough.status", "--json"]),
  );
  expect([ok, dataPlane]).toEqual([
    true,
    {
      state: "serving",
      deaths: 0,
      startedInMs: expect.any(Number),
      listener: { url: `http://127.0.0.1:${listenerPort}`, connections: expect.any(Number) },
      memory: { heapUsedBytes: expect.any(Number), heapLimitBytes: expect.any(Number) },
    },
  ]);
});
