/** The data plane's thread: requests that the gateway hands over to it, and its deaths. */
import { AsyncLocalStorage } from "node:async_hooks";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { BroadcastChannel, Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import { memorySessionKey } from "../../src/agent/memory-session-key.ts";
import type { HostPorts } from "../../src/host/create-host.ts";
import { createDataPlane, type DataPlane } from "../../src/plane/data-plane.ts";
import { gatewayCheckup, gatewayStatus } from "../../src/plane/gateway-status.ts";
import { type Answer, call, open, until } from "../support/client.ts";
import { freePort } from "../support/gateway.ts";
import { channelName, type Misbehaviour } from "../support/misbehaving-plane.ts";
import { chunk, event, type Provider, pushedStream, startProvider } from "../support/provider.ts";
import { fakeHost, type FakeHostOptions } from "../support/relay-server.ts";
import { goodRun, messages } from "./fixture.ts";

const key = createKeyText();
const asKey = { authorization: `Bearer ${key}` };

let provider: Provider;
let plane: DataPlane;
let host: HostPorts;
let url: string;
let log: string[];
let end: () => Promise<void>;
/** What the gateway does around the handler of a request. */
let around = (serve: () => Promise<void>) => serve();

async function start(
  options: Partial<FakeHostOptions> = {},
  ports: Partial<HostPorts> = {},
  begin = (created: DataPlane) => created.start(),
) {
  host = {
    ...fakeHost({
      models: ["a/m1"],
      providers: { a: provider.baseUrl },
      ...options,
      config: {
        keys: {
          bot: {
            id: "bot",
            sha256: keyDigest(key).toString("hex"),
            modes: ["passthrough", "agent"],
          },
        },
        ...options.config,
      },
    }),
    ...ports,
  };
  log = [];
  const note = (line: string) => log.push(line);
  plane = createDataPlane({
    host,
    logger: { debug: () => undefined, info: note, warn: note },
    entry: new URL("../support/misbehaving-plane.ts", import.meta.url),
  });
  const server = createServer((request, response) => {
    const isKeyed = request.url?.startsWith("/passthrough/") === true;
    void around(() =>
      plane.serve(request, response, {
        surface: isKeyed ? "keyed" : "operator",
        operatorScopes: isKeyed ? undefined : host.operatorScopes(),
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  begin(plane);
  end = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await plane.stop();
    host.close();
  };
}

const misbehave = (how: Misbehaviour) => {
  const channel = new BroadcastChannel(channelName);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a window's `postMessage` has an origin, a channel's has none
  channel.postMessage(how);
  channel.close();
};
const ask = (base = "/v1", more: object = {}) =>
  call(`${url}${base}/chat/completions`, {
    headers: base === "/v1" ? {} : asKey,
    body: { model: "openclaw/main", messages, ...more },
  });
const word = event(chunk({ content: "word" }));
const codeOf = (body: Buffer) => JSON.parse(body.toString()).error.code;

/** Breaks the thread while a stream has begun and a whole answer is due, and checks that both clients are told. */
async function breakUnderWay(
  how: Misbehaviour,
  ways: { readonly stream: () => Promise<Answer>; readonly whole: () => Promise<Answer> },
) {
  const stream = pushedStream();
  provider.behave("m1", stream.behaviour);
  const streaming = ways.stream();
  await stream.send(word);
  const whole = ways.whole();
  await until(() => provider.requests.length === 2);
  misbehave(how);
  const answer = await whole;
  expect([answer.status, codeOf(answer.body)]).toEqual([502, "data_plane_failed"]);
  const cut = await streaming;
  expect(cut.complete).toBe(true);
  expect(cut.body.toString()).toMatch(
    /word[^]*\n\ndata: \{"error":\{[^\n]*data_plane_failed[^\n]*\n\n/,
  );
  provider.reset();
}

beforeEach(async () => {
  provider = await startProvider();
});
afterEach(async () => {
  await end();
  await provider.close();
});

describe("a request that is handed over", () => {
  test("is served on both surfaces, whole and as a stream", async () => {
    await start();
    for (const base of ["/v1", "/passthrough/v1"]) {
      const whole = await ask(base);
      expect([base, whole.status, whole.complete]).toEqual([base, 200, true]);
      const stream = await ask(base, { stream: true });
      expect(stream.body.toString()).toMatch(/data: \[DONE\]\n\n$/);
    }
  });

  test("waits for a thread that starts", async () => {
    await start();
    const [first, second] = await Promise.all([ask(), ask("/passthrough/v1")]);
    expect([first.status, second.status]).toEqual([200, 200]);
  });

  test("waits for a thread that the gateway has not started yet", async () => {
    await start({}, {}, () => undefined);
    const early = ask();
    await sleep(100);
    plane.start();
    expect((await early).status).toBe(200);
  });

  test("cannot choose its surface or its scopes", async () => {
    await start({ scopes: ["operator.read"] });
    const { status, body } = await call(`${url}/v1/chat/completions`, {
      headers: {
        ...asKey,
        "x-openclaw-scopes": "operator.admin",
        operatorscopes: "operator.admin",
      },
      body: { model: "openclaw", messages, operatorScopes: ["operator.admin"] },
    });
    expect([status, codeOf(body)]).toEqual([403, "missing_scope"]);
    expect((await call(`${url}/passthrough/v1/models`)).status).toBe(401);
  });

  test("carries megabytes in both directions unchanged", async () => {
    await start();
    const content = "0123456789abcdef".repeat(512 * 1024);
    provider.behave("m1", ({ request, response }) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(request.body);
    });
    const { status, body } = await ask("/v1", { messages: [{ role: "user", content }] });
    expect(status).toBe(200);
    expect(JSON.parse(body.toString()).messages[0].content === content).toBe(true);
  });

  test("may be refused before its body has arrived", async () => {
    await start({ config: { maxBodyBytes: 1024 } });
    const { status, body } = await ask("/passthrough/v1", { filler: "x".repeat(5_000_000) });
    expect([status, codeOf(body)]).toEqual([413, "body_too_large"]);
  });

  test("ends at the provider when its client disconnects", async () => {
    await start();
    const stream = pushedStream();
    provider.behave("m1", stream.behaviour);
    const opening = open(`${url}/v1/chat/completions`, {
      body: { model: "openclaw", messages, stream: true },
    });
    void stream.send(word);
    const answer = await opening;
    const begun = new Promise((resolve) => answer.stream.once("data", resolve));
    await begun;
    answer.abort();
    await until(() => provider.openSockets === 0);
  });

  test("is not read faster than its client reads", async () => {
    await start();
    let sent = 0;
    const piece = Buffer.from(
      `data: ${JSON.stringify({ choices: [{ delta: { content: "x".repeat(60_000) } }] })}\n\n`,
    );
    provider.behave("m1", async ({ response }) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      while (!response.destroyed && sent < 400) {
        sent += 1;
        if (!response.write(piece)) {
          await new Promise((resolve) => response.once("drain", resolve).once("close", resolve));
        }
      }
      response.end();
    });
    const answer = await open(`${url}/v1/chat/completions`, {
      body: { model: "openclaw", messages, stream: true },
    });
    let before = -1;
    await until(async () => {
      const isStill = before === sent;
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return isStill;
    });
    expect(sent).toBeLessThan(300);
    answer.stream.resume();
    await until(() => sent === 400);
    await new Promise((resolve) => answer.stream.once("close", resolve));
  });

  test("runs its agent in the async context in which the gateway has handed it over", async () => {
    const context = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    await start(
      { config: { mode: "agent" } },
      {
        async runAgent() {
          seen.push(context.getStore());
          return goodRun;
        },
      },
    );
    await ask();
    around = (serve) => context.run("one request", serve);
    await ask();
    around = (serve) => serve();
    expect(seen).toEqual([undefined, "one request"]);
  });

  test("reaches an agent that runs in the gateway's thread", async () => {
    await start(
      { config: { mode: "agent" } },
      {
        async runAgent({ onText }) {
          onText({ delta: "Done.", replace: false, replaceable: false });
          return goodRun;
        },
      },
    );
    const { body } = await ask("/v1", { stream: true });
    expect(body.toString()).toContain('"content":"Done."');
  });
});

describe("a data plane", () => {
  test("reports its state, its memory and the relay's status", async () => {
    await start();
    await ask();
    expect(plane.state()).toEqual({ state: "serving", deaths: 0, startedInMs: expect.any(Number) });
    const status = await plane.ask("status");
    expect(status).toMatchObject({ totals: { requests: 1 }, listener: null });
    expect(status?.memory.heapUsedBytes).toBeGreaterThan(1_000_000);
  });

  test("follows changes of the config", async () => {
    let local = fakeHost({ models: ["a/m1"], providers: { a: provider.baseUrl } });
    await start({}, { config: () => local.config() });
    expect((await ask()).status).toBe(200);
    local = fakeHost({ models: ["a/m1"], providers: {}, config: { maxBodyBytes: 1024 } });
    expect((await ask("/v1", { filler: "x".repeat(2000) })).status).toBe(413);
  });

  test.each<[Misbehaviour, string]>([
    ["throw", "of an uncaught Error"],
    ["exit", "it exited with 7"],
    ["out of memory", "it ran out of memory"],
  ])(
    "that dies (%s) fails its requests, says why and serves again within a second",
    async (how, why) => {
      await start({ config: { dataPlane: { maxHeapMegabytes: 64 } } });
      await breakUnderWay(how, {
        stream: () => ask("/v1", { stream: true }),
        whole: () => ask("/passthrough/v1"),
      });
      const diedAtMs = performance.now();
      expect((await ask()).status).toBe(200);
      expect(performance.now() - diedAtMs).toBeLessThan(5000);
      expect(plane.state().deaths).toBe(1);
      expect(log.join("\n")).toContain(why);
      expect(log.join("\n")).not.toContain("sk-secret");
      const { ok, problems } = await gatewayStatus(plane, host);
      expect(ok).toBe(true);
      expect(problems).toMatchObject([
        { severity: "warning", message: expect.stringContaining(why) },
      ]);
    },
  );

  test.each<Misbehaviour>(["throw", "exit"])(
    "that dies (%s) ends its listener's answers with an error",
    async (how) => {
      const port = await freePort();
      await start({ config: { listen: { host: "127.0.0.1", port } } });
      await until(
        async () => (await plane.ask("status"))?.listener?.url?.startsWith("http") === true,
      );
      const askListener = (body: object) =>
        call(`http://127.0.0.1:${port}/v1/chat/completions`, {
          headers: asKey,
          body: { model: "openclaw/main", messages, ...body },
        });
      await breakUnderWay(how, {
        stream: () => askListener({ stream: true }),
        whole: () => askListener({}),
      });
      await until(
        async () => (await plane.ask("status"))?.listener?.url?.startsWith("http") === true,
      );
      expect((await askListener({})).status).toBe(200);
    },
  );

  test("refuses a body that its heap has no room for, and lives", async () => {
    await start({ config: { dataPlane: { maxHeapMegabytes: 128 } } });
    const { status, body } = await call(`${url}/v1/chat/completions`, {
      body: { model: "openclaw", messages, filler: "x".repeat(14_000_000) },
    });
    expect([status, codeOf(body)]).toEqual([503, "relay_overloaded"]);
    expect((await ask()).status).toBe(200);
    expect(plane.state().deaths).toBe(0);
  });

  test("that hangs is replaced", async () => {
    await start();
    await ask();
    misbehave("hang");
    expect((await ask()).status).toBe(502);
    expect((await ask()).status).toBe(200);
    expect(log.join("\n")).toContain("it hung for 5 s");
  });

  test("that dies three times within a minute stays down, and says so", async () => {
    await start();
    for (const deaths of [1, 2, 3]) {
      await until(() => plane.state().state === "serving");
      misbehave("exit");
      await until(() => plane.state().deaths === deaths);
    }
    const { status, body } = await ask();
    expect([status, codeOf(body)]).toEqual([503, "data_plane_unavailable"]);
    expect(plane.problem()).toContain("Restart the gateway");
    expect(await plane.ask("status")).toBeUndefined();
    // The gateway's thread then looks for the other problems itself.
    const { ok, problems } = await gatewayStatus(plane, {
      ...host,
      coreEndpoints: () => ["responses"],
    });
    expect(ok).toBe(false);
    expect(problems.map(({ severity, path }) => `${severity} ${path}`)).toEqual([
      "error plugins.entries.passthrough.config.dataPlane",
      "error gateway.http.endpoints.responses.enabled",
    ]);
    expect((await gatewayCheckup(plane, host)).problems.at(-1)?.message).toContain(
      "could not be asked",
    );
  });

  test("that dies leaves no agent run and no session in memory behind", async () => {
    const deleted: string[] = [];
    const aborted = vi.fn<() => void>();
    const running = Promise.withResolvers<string>();
    await start(
      { config: { mode: "agent" } },
      {
        async runAgent({ signal, sessionKey }) {
          running.resolve(sessionKey);
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
          aborted();
          throw signal.reason;
        },
        async deleteMemorySession(_agentId, sessionKey) {
          deleted.push(sessionKey);
          return true;
        },
      },
    );
    const asked = ask();
    const sessionKey = await running.promise;
    expect(sessionKey).toContain(memorySessionKey("main", ""));
    misbehave("exit");
    expect((await asked).status).toBe(502);
    await until(() => aborted.mock.calls.length === 1);
    expect(deleted).toEqual([sessionKey]);
  });

  test("that stops writes the usage of its keys", async () => {
    await start();
    await ask("/passthrough/v1");
    await plane.stop();
    expect(plane.state().state).toBe("stopped");
    plane.start();
    const { body } = await call(`${url}/passthrough/v1/usage`, { headers: asKey });
    expect(JSON.parse(body.toString()).models).toHaveLength(1);
  });
});

describe("a request on the listener", () => {
  test("costs the gateway's thread no message, once its routes and credentials are known", async () => {
    const port = await freePort();
    await start({ config: { listen: { port } } }, { isVerbose: () => false });
    const askListener = (stream: boolean) =>
      call(`http://127.0.0.1:${port}/v1/chat/completions`, {
        headers: asKey,
        body: { model: "openclaw/main", messages, stream },
      });
    await until(() => log.some((line) => line.includes("listening on http://")));
    await askListener(false);
    const sent = vi.spyOn(Worker.prototype, "postMessage");
    const emitted = vi.spyOn(Worker.prototype, "emit");
    const messagesSeen = () => [
      sent.mock.calls.length,
      emitted.mock.calls.filter(([name]) => String(name) === "message").length,
    ];
    const statuses = new Set<number>();
    for (let at = 0; at < 100; at += 1) {
      statuses.add((await askListener(at % 2 === 0)).status);
    }
    expect([...statuses]).toEqual([200]);
    expect(messagesSeen()).toEqual([0, 0]);
    // The spies see messages: one each way for a request that the gateway hands over, at least.
    expect((await call(`${url}/passthrough/v1/models`, { headers: asKey })).status).toBe(200);
    expect(Math.min(...messagesSeen())).toBeGreaterThan(0);
  });
});
