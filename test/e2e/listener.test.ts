/** The relay's own listener in a real gateway: what it serves and refuses, its settings, and what it shares with the gateway's routes. */
import { writeFile } from "node:fs/promises";
import { request as requestTls } from "node:https";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import { certificate, certificateKey } from "../support/certificate.ts";
import { call, open, until } from "../support/client.ts";
import { freePort, gatewayToken } from "../support/gateway.ts";
import { inspect, inspectable } from "../support/inspector.ts";
import { runHost } from "../support/install.ts";
import { json, ordinaryEvents, silence } from "../support/provider.ts";
import { exchange, post } from "../support/raw-http.ts";
import { entries, type Entry, type GatewayFixture, messages, useGateway } from "./fixture.ts";
import { model, relayConfig, singleAttempts } from "./relay-config.ts";

const [operator, keyed, listener] = entries;
const proxy = "127.0.0.9";
const limited = { rpm: createKeyText(), budget: createKeyText() };
const keyOf = (id: keyof typeof limited, more: object) => ({
  [id]: { id, sha256: keyDigest(limited[id]).toString("hex"), ...more },
});
const cost = { input: 1000, output: 10_000, cacheRead: 100, cacheWrite: 0 };
const config = (settings: object = {}) => ({
  gateway: { trustedProxies: [proxy] },
  models: {
    providers: {
      local: {
        models: [model("m1", { cost }), model("m2", { cost })],
      },
    },
  },
  plugins: {
    entries: {
      passthrough: {
        config: {
          ...singleAttempts.plugins.entries.passthrough.config,
          keys: {
            ...keyOf("rpm", { requestsPerMinute: 2 }),
            ...keyOf("budget", { budgetUsdPerDay: 0.1 }),
          },
          ...settings,
        },
      },
    },
  },
});

interface ListenerStatus {
  readonly ok: boolean;
  readonly problems: readonly { path: string; severity: string; message: string }[];
  readonly dataPlane: {
    readonly deaths: number;
    readonly listener: { url: string | null; connections: number };
  };
}

/** Without the used limits of the keys that some tests use up. */
async function statusOf({ gateway }: GatewayFixture): Promise<ListenerStatus> {
  const args = ["gateway", "call", "passthrough.status", "--json"];
  const status = JSON.parse(await runHost(gateway.folder, args)) as ListenerStatus;
  const problems = status.problems.filter(({ path }) => !path.startsWith("key "));
  return { ...status, problems };
}

/** The status of `/healthz`, or the code of the failure. */
const healthAt = (port: number, host = "127.0.0.1") =>
  call(`http://${host}:${port}/healthz`).then(
    ({ status }) => status,
    ({ code }: NodeJS.ErrnoException) => code,
  );
const codeOf = (body: Buffer) => JSON.parse(body.toString()).error.code;

/** Takes a port. */
async function occupy(): Promise<{ readonly port: number; readonly server: Server }> {
  const port = await freePort();
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { port, server };
}

describe("the listener", () => {
  const fixture = useGateway({ config: () => config(), env: inspectable });
  const edit = (settings: object) =>
    fixture.gateway.writeConfig(relayConfig(fixture.provider, config(settings)));
  const ask = (entry: Entry, body: object = {}) =>
    fixture.through(entry).call("/chat/completions", { messages, ...body });

  test("serves a key, whole and as a stream, and says in /healthz that it does", async () => {
    const whole = await ask(listener);
    expect([whole.status, whole.headers["x-openclaw-mode"]]).toEqual([200, "passthrough"]);
    expect(whole.body.toString()).toContain("Hello from the provider.");
    expect((await ask(listener, { stream: true })).body.toString()).toBe(ordinaryEvents().join(""));
    const { url } = fixture.through(listener);
    const health = await call(url.replace("/v1", "/healthz"));
    expect([health.status, JSON.parse(health.body.toString())]).toEqual([
      200,
      { ok: true, status: "live" },
    ]);
  });

  test("has the endpoints for keys, and nothing of the gateway", async () => {
    const { url, authorization } = fixture.through(listener);
    const origin = url.replace("/v1", "");
    const statusAt = async (path: string, token: string) =>
      (await call(origin + path, { headers: { authorization: token } })).status;
    expect(await statusAt("/v1/models", authorization)).toBe(200);
    expect(await statusAt("/v1/usage", authorization)).toBe(200);
    for (const path of [
      "/",
      "/readyz",
      "/passthrough/v1/models",
      "/tools/invoke",
      "/v1/responses",
      "/hooks/wake",
    ]) {
      expect([path, await statusAt(path, authorization)]).toEqual([path, 404]);
    }
  });

  test("refuses the gateway's token, and scopes that a caller claims", async () => {
    const { url } = fixture.through(listener);
    const refused = await call(`${url}/chat/completions`, {
      body: { messages },
      headers: { authorization: `Bearer ${gatewayToken}`, "x-openclaw-scopes": "operator.admin" },
    });
    expect([refused.status, codeOf(refused.body)]).toEqual([401, "invalid_api_key"]);
    // For a key without `models`, none can be named, whatever the headers say.
    const direct = await call(`${url}/chat/completions`, {
      body: { messages, model: "local/m2" },
      headers: {
        authorization: `Bearer ${limited.budget}`,
        "x-openclaw-scopes": "operator.admin",
      },
    });
    expect([direct.status, codeOf(direct.body)]).toEqual([404, "model_not_found"]);
    expect(fixture.provider.requests).toEqual([]);
  });

  test("is in the status with its address and its connections", async () => {
    const { url, authorization } = fixture.through(listener);
    fixture.provider.behave("m1", silence);
    const waiting = open(`${url}/chat/completions`, {
      body: { messages },
      headers: { authorization },
    }).catch(() => undefined);
    await until(() => fixture.provider.requests.length === 1);
    const { ok, dataPlane } = await statusOf(fixture);
    expect(ok).toBe(true);
    expect(dataPlane.listener).toEqual({ url: url.replace("/v1", ""), connections: 1 });
    fixture.provider.reset();
    void waiting;
  });

  test("counts wrong keys by the client's address, which only a trusted proxy may name", async () => {
    const statuses = async (from: string, forwarded: string, count: number) => {
      const found: number[] = [];
      for (let at = 0; at < count; at += 1) {
        const fields = [
          `authorization: Bearer ${createKeyText()}`,
          `x-forwarded-for: ${forwarded}`,
          "connection: close",
        ];
        const body = JSON.stringify({ messages });
        const { answers } = await exchange(
          fixture.listenPort,
          [post("/v1/chat/completions", body, ...fields)],
          { from, silenceMs: 10_000 },
        );
        found.push(...answers.map(({ status }) => status));
      }
      return found;
    };
    const locked = [...Array.from({ length: 10 }, () => 401), 429];
    // Behind the proxy, each client has its own count.
    expect(await statuses(proxy, "192.0.2.1", 11)).toEqual(locked);
    expect(await statuses(proxy, "192.0.2.2", 1)).toEqual([401]);
    expect(await statuses(proxy, "192.0.2.1", 1)).toEqual([429]);
    // Without it, the field is a claim.
    const claimed: number[] = [];
    for (let at = 0; at < 11; at += 1) {
      claimed.push(...(await statuses("127.0.0.8", `192.0.2.${10 + at}`, 1)));
    }
    expect(claimed).toEqual(locked);
    expect((await ask(listener)).status).toBe(200);
  });

  test.each([
    [listener, keyed, "rpm", "rate_limit_exceeded"],
    [keyed, listener, "budget", "insufficient_quota"],
  ] as const)(
    "shares a key's limits: what is used up through $0.name is used up on the other ($2)",
    async (one, other, id, code) => {
      const through = (entry: Entry) =>
        call(`${fixture.through(entry).url}/chat/completions`, {
          body: { messages, max_tokens: 3 },
          headers: { authorization: `Bearer ${limited[id]}` },
        });
      expect((await through(one)).status).toBe(200);
      expect((await through(one)).status).toBe(200);
      const refused = await through(other);
      expect([refused.status, codeOf(refused.body)]).toEqual([429, code]);
      const usage = await call(`${fixture.through(other).url}/usage`, {
        headers: { authorization: `Bearer ${limited[id]}` },
      });
      expect(usage.body.toString()).toContain('"requests"');
    },
  );

  test("serves while the gateway's thread is blocked", async () => {
    await ask(listener);
    const inspector = await inspect(fixture.gateway);
    const blockedMs = 3000;
    const startedAtMs = performance.now();
    const blocked = inspector.block(blockedMs);
    const gatewayHealth = healthAt(fixture.gateway.port).then(() => performance.now());
    // Until the block has begun, the gateway answers.
    await new Promise((resolve) => setTimeout(resolve, 500));
    let served = 0;
    while (performance.now() - startedAtMs < blockedMs - 500) {
      const answer = await ask(listener, { stream: served % 2 === 0 });
      expect(answer.status).toBe(200);
      served += 1;
    }
    const servedAtMs = performance.now();
    await blocked;
    inspector.close();
    expect(served).toBeGreaterThan(20);
    expect(await gatewayHealth).toBeGreaterThan(servedAtMs);
  });

  // From here on, the listener's settings change.
  test("goes on where it is, with a problem and a log line, while its new port is in use", async () => {
    const { port, server } = await occupy();
    await edit({ listen: { port } });
    const words = `Port ${port} of 127.0.0.1 is in use.`;
    await until(() => fixture.gateway.output().includes(words));
    const { problems, dataPlane } = await statusOf(fixture);
    expect(problems).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining(words) }),
    );
    expect(dataPlane.listener.url).toBe(`http://127.0.0.1:${fixture.listenPort}`);
    expect([await healthAt(fixture.gateway.port), (await ask(listener)).status]).toEqual([
      200, 200,
    ]);
    server.close();
    await until(async () => (await healthAt(port)) === 200);
    expect((await statusOf(fixture)).problems).toEqual([]);
  });

  test("beyond loopback without TLS is a warning that names the risk", async () => {
    await edit({ listen: { host: "0.0.0.0", port: fixture.listenPort } });
    await until(async () => (await healthAt(fixture.listenPort, "127.0.0.2")) === 200);
    const { ok, problems } = await statusOf(fixture);
    expect(ok).toBe(true);
    expect(problems).toEqual([
      expect.objectContaining({
        severity: "warning",
        path: "plugins.entries.passthrough.config.listen.host",
        message: expect.stringContaining("without TLS"),
      }),
    ]);
  });

  test("serves TLS with the certificate of its files", async () => {
    const files = {
      certFile: join(fixture.gateway.folder, "cert.pem"),
      keyFile: join(fixture.gateway.folder, "key.pem"),
    };
    await writeFile(files.certFile, certificate);
    await writeFile(files.keyFile, certificateKey);
    await edit({ listen: { port: fixture.listenPort, tls: files } });
    const { url, authorization } = fixture.through(listener);
    const overTls = () =>
      new Promise<string>((resolve, reject) => {
        const outgoing = requestTls(
          url.replace("http:", "https:").replace("/v1", "/v1/chat/completions"),
          {
            method: "POST",
            agent: false,
            ca: certificate,
            servername: "provider.test",
            headers: { authorization },
          },
          (answer) => {
            let text = "";
            answer.on("data", (part: Buffer) => (text += part.toString()));
            answer.on("end", () => resolve(`${answer.statusCode} ${text}`));
            answer.on("error", reject);
          },
        );
        outgoing.on("error", reject);
        outgoing.end(JSON.stringify({ messages, stream: true }));
      });
    await until(() =>
      overTls().then(
        (text) => text.startsWith("200"),
        () => false,
      ),
    );
    expect(await overTls()).toBe(`200 ${ordinaryEvents().join("")}`);
    const { problems, dataPlane } = await statusOf(fixture);
    expect([problems, dataPlane.listener.url]).toEqual([
      [],
      `https://127.0.0.1:${fixture.listenPort}`,
    ]);
  });
});

describe("a gateway whose listener finds its port in use", () => {
  let occupied: Awaited<ReturnType<typeof occupy>>;
  beforeAll(async () => {
    occupied = await occupy();
  });
  afterAll(() => void occupied.server.close());
  // The hooks run in order, so the port is taken when this gateway starts.
  const fixture = useGateway({
    config: () => ({
      plugins: {
        entries: {
          passthrough: {
            config: { listen: { port: occupied.port }, dataPlane: { maxHeapMegabytes: 64 } },
          },
        },
      },
    }),
  });
  const ask = (entry: Entry, body: object = { messages }) =>
    fixture.through(entry).call("/chat/completions", body);

  test("starts, says so, and listens as soon as the port is free", async () => {
    const words = `Port ${occupied.port} of 127.0.0.1 is in use.`;
    await until(() => fixture.gateway.output().includes(words));
    expect((await ask(operator)).status).toBe(200);
    const { ok, problems, dataPlane } = await statusOf(fixture);
    expect([ok, dataPlane.listener]).toEqual([true, { url: null, connections: 0 }]);
    expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining(words)]);
    occupied.server.close();
    await until(async () => (await healthAt(occupied.port)) === 200);
    expect(fixture.gateway.output().split(words)).toHaveLength(2);
  });

  test("outlives bodies that cost the data plane its memory", async () => {
    const { authorization } = fixture.through(listener);
    const url = `http://127.0.0.1:${occupied.port}/v1/chat/completions`;
    await until(async () => (await healthAt(occupied.port)) === 200);
    fixture.provider.behave("m1", silence);
    const underWay = ask(operator);
    await until(() => fixture.provider.requests.length === 1);
    // An empty object costs much more memory than its three bytes, as long as its request is under way. A larger body would be
    // refused while memory is short.
    const hostile = Buffer.from(`{"messages":[${"{},".repeat(5400)}{}]}`);
    const killing = Promise.all(
      Array.from({ length: 600 }, () =>
        call(url, { body: hostile, headers: { authorization } }).then(
          ({ status }) => status,
          ({ code }: NodeJS.ErrnoException) => code,
        ),
      ),
    );
    const cut = await underWay;
    expect([cut.status, codeOf(cut.body)]).toEqual([502, "data_plane_failed"]);
    const diedAtMs = performance.now();
    expect(await killing).toContain("ECONNRESET");
    fixture.provider.behave("m1", json({ id: "well" }));
    expect(await healthAt(fixture.gateway.port)).toBe(200);
    expect((await ask(keyed)).status).toBe(200);
    await until(async () => (await healthAt(occupied.port)) === 200);
    expect(performance.now() - diedAtMs).toBeLessThan(10_000);
    const answer = await call(url, { body: { messages }, headers: { authorization } });
    expect(answer.status).toBe(200);
    expect(await statusOf(fixture)).toMatchObject({ ok: true, dataPlane: { deaths: 1 } });
    expect(fixture.gateway.output()).toContain("it ran out of memory (dataPlane.maxHeapMegabytes)");
  });
});
