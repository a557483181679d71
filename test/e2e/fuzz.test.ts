/**
 * All entries of a real gateway under attack. Whatever arrives gets a clean answer, a well-behaved client on each entry is
 * served throughout, and afterwards nothing is left in memory, on a socket or in a log.
 */
import { readdir, readFile, readlink } from "node:fs/promises";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import { startBystander } from "../support/bystander.ts";
import { until } from "../support/client.ts";
import { gatewayToken } from "../support/gateway.ts";
import { inspect, inspectable, type Inspected, type Inspector } from "../support/inspector.ts";
import { json, ordinaryEvents, stream } from "../support/provider.ts";
import { exchange, head, post, type RawExchange } from "../support/raw-http.ts";
import { flawOf } from "../support/refusal.ts";
import { entries, useGateway } from "./fixture.ts";

const key = createKeyText();
const digest = keyDigest(key).toString("hex");
const prompt = "PROMPT that nobody but the provider is told";
const served = "served by the provider";
/** The gateway blocks an address after ten wrong tokens, so attacks without a token use their own address. */
const addresses = { friend: "127.0.0.1", insider: "127.0.0.2", stranger: "127.0.0.3" };
const fixture = useGateway({
  env: inspectable,
  config: () => ({
    gateway: { auth: { rateLimit: { exemptLoopback: false } } },
    agents: { ownership: "explicit", entries: { main: {}, run: {} } },
    plugins: {
      entries: {
        passthrough: {
          // Agent runs of a virtual key need it.
          hooks: { allowConversationAccess: true },
          config: {
            defaultAgent: "main",
            agents: { run: { mode: "agent" } },
            upstream: { breaker: { failures: 1000 } },
            keys: {
              fuzz: { id: "fuzz", sha256: digest, modes: ["passthrough", "light", "agent"] },
            },
          },
        },
      },
    },
  }),
});
/** The entries, with a key that has none of the agent's tools. */
const surfaces = entries.map(({ name, base, token, isListener }) => ({
  name,
  base,
  isListener,
  credentials: `authorization: Bearer ${token === gatewayToken ? token : key}`,
}));
type Surface = (typeof surfaces)[number];
const portOf = ({ isListener }: Surface) =>
  isListener ? fixture.listenPort : fixture.gateway.port;
const body = JSON.stringify({ model: "openclaw", messages: [{ role: "user", content: prompt }] });
const secrets = [gatewayToken, key, digest, prompt, "sk-local"];

/** A keep-alive client with the right credentials. */
function friendOf(surface: Surface) {
  const { base, credentials } = surface;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const [name = "", value = ""] = credentials.split(": ");
  const ask = () =>
    new Promise<{ status: number; body: Buffer }>((resolve, reject) => {
      const outgoing = request(
        `http://127.0.0.1:${portOf(surface)}${base}/chat/completions`,
        { agent, method: "POST", headers: { [name]: value } },
        (answer) => {
          const parts: Buffer[] = [];
          answer.on("data", (part: Buffer) => parts.push(part));
          answer.on("end", () =>
            resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(parts) }),
          );
          answer.on("error", reject);
        },
      );
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  return { ask, close: () => agent.destroy() };
}

/** Runs an attack while all well-behaved clients are served. */
async function besideFriends(attempt: () => Promise<unknown>): Promise<void> {
  const friends = surfaces.map(friendOf);
  const stops = friends.map(({ ask }) => startBystander(ask, served));
  const witnesses = () => Promise.all(stops.map((stop) => stop()));
  // A failed attack must not leave them running.
  await attempt().catch(async (failure: unknown) => {
    await witnesses();
    throw failure;
  });
  for (const witness of await witnesses()) {
    expect(witness.wrong).toEqual([]);
    expect(witness.served).toBeGreaterThan(0);
    expect(witness.slowestMs).toBeLessThan(10_000);
  }
  friends.forEach(({ close }) => close());
}

/** The flaws in one connection's answers. */
function flaws({ answers, ended, text }: RawExchange): string[] {
  const flawed = answers.flatMap((answer) => flawOf(answer, secrets) ?? []);
  // Without an answer, the connection has to be closed.
  return answers.length === 0 && !ended ? [...flawed, `nothing came but ${text}`] : flawed;
}

const attackOn =
  (surface: Surface) =>
  (pieces: readonly (string | Buffer)[], from = addresses.insider, silenceMs = 300) =>
    exchange(portOf(surface), pieces, { from, silenceMs });

/** The number of the gateway's open sockets, including its listening socket. */
async function openSockets(): Promise<number> {
  const folder = `/proc/${fixture.gateway.pid}/fd`;
  const links = await Promise.all(
    (await readdir(folder)).map((fd) => readlink(join(folder, fd)).catch(() => "")),
  );
  return links.filter((link) => link.startsWith("socket:")).length;
}

/** Spellings of the path of chat completions below `own`: some are the same path, others only look like it. */
function spellings(own: Surface["base"]): readonly string[] {
  const others = own === "/v1" ? "/passthrough/v1" : "/v1";
  return [
    `/${own}/chat/completions`,
    `${own}//chat/completions`,
    `${own}/chat/completions/`,
    `${own}/chat/completions;x=1`,
    `${own}/chat/completions?x=1`,
    `${own}/chat/completions#x`,
    `${own}/chat/completions%00`,
    `${own}/chat/completions%20`,
    `${own}/chat%2fcompletions`,
    `${own}/%63hat/completions`,
    `${own}/./chat/completions`,
    `${own}/x/../chat/completions`,
    `${own}/models/../chat/completions`,
    `${own}/models/%2e%2e/chat/completions`,
    `${own}/models/..%2fchat/completions`,
    `${own.replaceAll("/", "\\")}\\chat\\completions`,
    `${own}\\chat\\completions`,
    `${own}/chat/completions`.toUpperCase(),
    `${own.replace("/", "/%2e/")}/chat/completions`,
    `${own.replaceAll("/", "%2f")}%2fchat%2fcompletions`,
    `/%2570assthrough/v1/chat/completions`,
    `/x/..${own}/chat/completions`,
    `${others}/../..${own}/chat/completions`,
    `${others}/%2e%2e/%2e%2e${own}/chat/completions`,
    `${others}/%252e%252e/%252e%252e${own}/chat/completions`,
    `${others}%2f%2e%2e%2f%2e%2e${own}/chat/completions`,
    `${others}/models/../../..${own}/chat/completions`,
    `http://elsewhere.example${own}/chat/completions`,
    `//elsewhere.example${own}/chat/completions`,
    `${own}/../../../../../../etc/passwd`,
    `${own}/%2e%2e/%2e%2e/tools/invoke`,
    "/passthrough",
    "/passthrough/v10/chat/completions",
    "*",
  ];
}

let inspector: Inspector;
let worker: Inspected | undefined;
let before = { heapUsedBytes: 0, sockets: 0 };
beforeAll(async () => {
  inspector = await inspect(fixture.gateway);
  worker = await inspector.worker("/worker.js");
});

/** Of the gateway's thread and the relay's. */
async function heapUsedBytes(): Promise<number> {
  return (await inspector.heapUsedBytes()) + ((await worker?.heapUsedBytes()) ?? Number.NaN);
}

/** Makes the provider answer immediately and forget each request. */
function provide(): void {
  fixture.provider.behave("m1", async (asked) => {
    const whole = json({ choices: [{ message: { content: served }, finish_reason: "stop" }] });
    await (
      asked.request.json.stream === true ? stream({ pieces: ordinaryEvents([served]) }) : whole
    )(asked);
    fixture.provider.forget();
  });
}

test("baseline: agent runs succeed through all entries", async () => {
  provide();
  await besideFriends(async () => {
    // The host loads its agent runtime on the first runs.
    for (const surface of [...surfaces, ...surfaces]) {
      const { base, credentials } = surface;
      const fields = [credentials, "x-openclaw-agent-id: run", "connection: close"];
      const { answers } = await attackOn(surface)(
        [post(`${base}/chat/completions`, body, ...fields)],
        addresses.friend,
        30_000,
      );
      expect(answers.map(({ status }) => status)).toEqual([200]);
    }
  });
  before = {
    heapUsedBytes: await heapUsedBytes(),
    sockets: await openSockets(),
  };
});

describe.each(surfaces)("through $name,", (surface) => {
  const { base, credentials, isListener } = surface;
  const attack = attackOn(surface);
  const chat = `${base}/chat/completions`;
  const start = (...fields: string[]) => head(`POST ${chat} HTTP/1.1`, credentials, ...fields);
  const length = body.length;
  const size = length.toString(16);
  const chunked = "transfer-encoding: chunked";

  test("answers malformed HTTP cleanly or closes the connection", async () => {
    provide();
    const requests: Readonly<Record<string, readonly (string | Buffer)[]>> = {
      "no host": [`POST ${chat} HTTP/1.1\r\n${credentials}\r\ncontent-length: 2\r\n\r\n{}`],
      "HTTP/1.0": [`POST ${chat} HTTP/1.0\r\n${credentials}\r\ncontent-length: 2\r\n\r\n{}`],
      "HTTP/2.0": [`POST ${chat} HTTP/2.0\r\nhost: x\r\n\r\n`],
      "an HTTP/2 preface": ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
      "a TLS handshake": [Buffer.from("16030100ff010000fb0303", "hex")],
      "arbitrary bytes": [Buffer.from(Array.from({ length: 3000 }, (_, at) => (at * 7919) % 256))],
      "no bytes": [],
      "a NUL in the path": [post(`${chat}\0`, body, credentials)],
      "a NUL in a value": [post(chat, body, credentials, "x-openclaw-session: a\0b")],
      "a line feed in a value": [post(chat, body, credentials, "x-openclaw-model: a\nx-evil: 1")],
      "a carriage return in a value": [
        post(chat, body, credentials, "x-openclaw-agent-id: a\rx-evil: 1"),
      ],
      "bytes above 0x7f": [post(chat, body, credentials, "x-openclaw-model: \xe9\xff")],
      "a name with a space": [post(chat, body, credentials, "x-openclaw-session : a")],
      "a folded line": [post(chat, body, credentials, "x-openclaw-session: a\r\n b")],
      "a large header": [post(chat, body, credentials, `x-a: ${"a".repeat(20_000)}`)],
      "a huge header": [post(chat, body, credentials, `x-a: ${"a".repeat(10_000_000)}`)],
      "many headers": [
        post(chat, body, credentials, ...Array.from({ length: 3000 }, (_, at) => `x${at}: 1`)),
      ],
      "a length and chunked coding": [start(chunked, `content-length: ${length}`), body],
      "an unsupported coding": [start("transfer-encoding: gzip"), body],
      "chunked that is not the last coding": [
        start("transfer-encoding: chunked, identity"),
        "0\r\n\r\n",
      ],
      "two lengths": [start("content-length: 5", `content-length: ${length}`), body],
      "a negative length": [start("content-length: -1"), body],
      "an endless length": [start("content-length: 999999999999999999999"), body],
      "ten gigabytes": [start("content-length: 10000000000"), body],
      "a length in hexadecimal": [start("content-length: 0x10"), body],
      "a length that is too short": [start(`content-length: ${length - 10}`), body],
      "a length that is too long": [start(`content-length: ${length + 10}`), body],
      "no length": [start(), body],
      "a chunk without a size": [start(chunked), `zz\r\n${body}`],
      "a chunk of negative size": [start(chunked), `-5\r\n${body}`],
      "a chunk of endless size": [start(chunked), `${"f".repeat(20)}\r\n${body}`],
      "a chunk size that is too small": [start(chunked), `5\r\n${body}\r\n0\r\n\r\n`],
      "a chunk size that is too large": [start(chunked), `ffff\r\n${body}\r\n0\r\n\r\n`],
      "a chunk with a long extension": [
        start(chunked),
        `${size};${"x".repeat(20_000)}=1\r\n${body}\r\n0\r\n\r\n`,
      ],
      "credentials in the trailer": [
        head(`POST ${chat} HTTP/1.1`, chunked),
        `${size}\r\n${body}\r\n0\r\n${credentials}\r\n\r\n`,
      ],
      "two credentials": [post(chat, body, "authorization: Bearer other", credentials)],
      "a request in a body": [start("content-length: 0"), head(`POST ${chat} HTTP/1.1`)],
      "a good request pipelined after a bad one": [
        post(chat, "{", credentials),
        post(chat, body, credentials),
      ],
      "a compressed body": [post(chat, body, credentials, "content-encoding: gzip")],
      "an odd expectation": [post(chat, body, credentials, "expect: the-unexpected")],
      "an upgrade to HTTP/2": [
        post(chat, body, credentials, "connection: upgrade", "upgrade: h2c"),
      ],
      ...Object.fromEntries(
        ["OPTIONS", "TRACE", "HEAD", "PUT", "PATCH", "DELETE", "CONNECT", "BREW", "post"].map(
          (method) => [method, [head(`${method} ${chat} HTTP/1.1`, credentials)]],
        ),
      ),
    };
    await besideFriends(async () => {
      for (const [what, pieces] of Object.entries(requests)) {
        // Requests without valid credentials come from another address than those with them.
        const from = /credentials|HTTP\/2|in a body/.test(what) ? addresses.stranger : undefined;
        expect([what, flaws(await attack(pieces, from))]).toEqual([what, []]);
      }
    });
  });

  test("answers randomly mutated requests cleanly and closes the connection", async () => {
    provide();
    const whole = post(chat, body, credentials, "connection: close");
    const change = fc.record({
      at: fc.nat(whole.length),
      drop: fc.nat(20),
      put: fc.constantFrom(
        "",
        "\r\n",
        "\n",
        "\0",
        "\r\n\r\n",
        ": ",
        "\xff",
        "{",
        "[",
        '"',
        "\\u0000",
      ),
    });
    const changed = fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) =>
      changes.reduce<Buffer>((bytes, { at, drop, put }) => {
        const middle = Buffer.from(put, "latin1");
        return Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(at + drop)]);
      }, whole),
    );
    const send = async (bytes: Buffer) => {
      // A mutated credential is wrong, so the request comes from the stranger's address.
      const isRight = bytes.includes(`\r\n${credentials}\r\n`);
      const { answers, ended } = await attack(
        [bytes],
        isRight ? addresses.insider : addresses.stranger,
      );
      // A mutated prompt or path may be quoted in part by an error.
      const told = answers.flatMap((answer) => flawOf(answer, ["sk-local"]) ?? []);
      return ended ? told : [...told, "the connection is still open"];
    };
    const twenty = fc.array(changed, { minLength: 20, maxLength: 20 });
    await besideFriends(() =>
      fc.assert(
        fc.asyncProperty(twenty, async (requests) => {
          expect((await Promise.all(requests.map(send))).flat()).toEqual([]);
        }),
        { numRuns: 15 },
      ),
    );
  });

  test("answers deep, wide, large and ambiguous bodies with the expected status", async () => {
    provide();
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    const chatWith = (more: string) => `{"messages":[{"role":"user","content":"x"}]${more}}`;
    const bodies: Readonly<Record<string, readonly [text: string | Buffer, status: number]>> = {
      "100,000 nested arrays": [`{"messages":${nested(100_000)}}`, 400],
      "ten million brackets": ["[".repeat(10_000_000), 400],
      "a deep message": [`{"messages":[{"role":"user","content":${nested(100_000)}}]}`, 400],
      "a million members": [
        chatWith(Array.from({ length: 1_000_000 }, (_, at) => `,"k${at}":1`).join("")),
        400,
      ],
      "a million members inside": [
        chatWith(
          `,"a":{"":0${Array.from({ length: 1_000_000 }, (_, at) => `,"k${at}":1`).join("")}}`,
        ),
        400,
      ],
      "21 MiB": [chatWith(`,"a":"${"x".repeat(21 * 1024 * 1024)}"`), 413],
      "19 MiB": [chatWith(`,"a":"${"x".repeat(19 * 1024 * 1024)}"`), 200],
      "a duplicate model": [chatWith(',"model":"openclaw","mod\\u0065l":"local/m2"'), 400],
      "a duplicate messages member": [chatWith(`,"messages":7`), 400],
      "__proto__ and constructor members": [
        chatWith(',"__proto__":{"model":"x"},"constructor":{"prototype":1}'),
        200,
      ],
      "a lone surrogate as a model": [chatWith(',"model":"\\ud800"'), 404],
      "line breaks in a model": [chatWith(',"model":"cloud/m1\\r\\nx-evil: 1"'), 404],
      "a NUL in an agent": [chatWith(',"model":"openclaw/\\u0000"'), 404],
      "a model of ten megabytes": [chatWith(`,"model":"local/${"x".repeat(10_000_000)}"`), 404],
      "an agent of ten megabytes": [chatWith(`,"model":"openclaw/${"x".repeat(10_000_000)}"`), 404],
      "invalid UTF-8": [Buffer.from('{"messages":["\xff"]}', "latin1"), 400],
    };
    await besideFriends(async () => {
      for (const [what, [text, status]] of Object.entries(bodies)) {
        for (const light of [[], ["x-openclaw-light-context: 1", "x-openclaw-session: fuzz"]]) {
          // A server that closes during an upload resets the connection, which may lose its answer.
          const isCut = status === 413;
          const fields = [credentials, ...light, ...(isCut ? [] : ["connection: close"])];
          const answer = await attack(
            [post(chat, text, ...fields)],
            addresses.insider,
            isCut ? 1000 : 10_000,
          );
          const statuses = answer.answers.map((each) => each.status);
          expect([what, statuses, flaws(answer)]).toEqual([what, [status], []]);
        }
      }
    });
  });

  test("answers hostile agent requests (tools, text, images, commands) once and cleanly", async () => {
    provide();
    const asked = { messages: [{ role: "user", content: "x" }], model: "openclaw" };
    let schema: object = { type: "string" };
    for (let depth = 0; depth < 110; depth += 1) {
      schema = { type: "object", properties: { a: schema } };
    }
    const tool = (more: object) => ({
      tools: [{ type: "function", function: { name: "f", ...more } }],
    });
    const bodies = [
      tool({ parameters: schema }),
      tool({ name: "f\r\nx-evil: 1" }),
      tool({ name: "__proto__", parameters: { $ref: "#/nowhere", type: "nothing" } }),
      { user: "a\ud800" },
      { messages: [{ role: "user", content: "\0\u001b[2J\ud800" }] },
      {
        messages: [
          { role: "user", content: [{ type: "image_url", image_url: "file:///etc/passwd" }] },
        ],
      },
      { messages: [{ role: "user", content: "/model local/m2" }] },
    ];
    await besideFriends(async () => {
      for (const more of bodies) {
        const text = JSON.stringify({ ...asked, ...more });
        const fields = [credentials, "x-openclaw-agent-id: run", "connection: close"];
        const answer = await attack([post(chat, text, ...fields)], undefined, 30_000);
        const begin = text.slice(0, 100);
        expect([begin, answer.answers.length, flaws(answer)]).toEqual([begin, 1, []]);
      }
    });
  });

  test("no spelling of the path is served without valid credentials", async () => {
    provide();
    const paths = spellings(base);
    const stranger = [
      `authorization: Bearer ${createKeyText()}`,
      // A virtual key opens nothing that the gateway guards, and the gateway's token nothing at the listener. On the gateway it is
      // not tried: it may open any of those paths.
      `authorization: Bearer ${isListener ? gatewayToken : base === "/v1" ? key : "none"}`,
      "authorization: Basic b3BlcmF0b3I6",
      "x-api-key: none",
    ];
    await besideFriends(async () => {
      for (const [at, path] of paths.entries()) {
        for (const [other, fields] of stranger.entries()) {
          // Each request has its own address, so no block caused by another one hides its result.
          const from = `127.0.${surfaces.indexOf(surface) + 10}.${at * stranger.length + other + 1}`;
          const answer = await attack([post(path, body, fields, "connection: close")], from, 2000);
          const statuses = answer.answers.map(({ status }) => status);
          expect([path, flaws(answer), statuses]).toEqual([
            path,
            [],
            [expect.toBeOneOf([400, 401, 404, 405])],
          ]);
        }
      }
    });
  });
});

test.each(surfaces.slice(1))(
  "with a valid key, $name serves only the exact path, and refuses other spellings cleanly",
  async (surface) => {
    provide();
    const { base, credentials } = surface;
    const servedPaths: string[] = [];
    await besideFriends(async () => {
      for (const [at, path] of spellings(base).entries()) {
        const sent = [post(path, body, credentials, "connection: close")];
        // Each has its own address: for the gateway, the key is a wrong token on paths that are its own.
        const answer = await attackOn(surface)(sent, `127.1.0.${at + 1}`, 2000);
        expect([path, flaws(answer), answer.answers.length]).toEqual([path, [], 1]);
        const status = answer.answers[0]?.status;
        expect([path, status]).toEqual([path, expect.toBeOneOf([200, 400, 401, 404, 405])]);
        servedPaths.push(...(status === 200 ? [path] : []));
      }
    });
    expect(servedPaths).toEqual([`${base}/chat/completions?x=1`]);
  },
);

test("answers 20,000 wrong keys and 10,000 wrong tokens with 401 or 429, and the heap stays small", async () => {
  provide();
  const wrong = (surface: Surface) => {
    const statuses: Record<string, number> = {};
    let left = 10_000;
    // The listener closes connections with more unanswered requests (`maxPipelinedRequests`).
    const pipelined = surface.isListener ? 16 : 50;
    const line = async () => {
      while (left > 0) {
        const batch = Math.min(pipelined, left);
        left -= batch;
        const requests = Array.from({ length: batch }, (_, at) =>
          post(
            `${surface.base}/chat/completions`,
            body,
            // An unknown key, a corrupted key, and a string that is not a key.
            `authorization: Bearer ${[createKeyText(), `${key.slice(0, -1)}!`, `guess-${at}`][at % 3]}`,
            ...(at === batch - 1 ? ["connection: close"] : []),
          ),
        );
        // The last request closes the connection.
        const { answers } = await attackOn(surface)(requests, addresses.stranger, 30_000);
        for (const answer of answers) {
          expect(flawOf(answer, secrets)).toBeUndefined();
          statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
        }
      }
    };
    return Promise.all(Array.from({ length: 10 }, line)).then(() => statuses);
  };
  const heapBefore = await heapUsedBytes();
  await besideFriends(async () => {
    for (const surface of surfaces) {
      const statuses = await wrong(surface);
      expect(Object.keys(statuses).sort()).toEqual(expect.arrayContaining(["429"]));
      const others = Object.keys(statuses).filter((status) => !["401", "429"].includes(status));
      expect(others).toEqual([]);
      expect(Object.values(statuses).reduce((sum, count) => sum + count, 0)).toBe(10_000);
    }
  });
  expect((await heapUsedBytes()) - heapBefore).toBeLessThan(16 * 1024 * 1024);
});

test("survives 300 requests that stall or reset before their end", async () => {
  provide();
  const sockets: Socket[] = [];
  await besideFriends(async () => {
    for (let at = 0; at < 300; at += 1) {
      const surface = surfaces[Math.floor(at / 3) % surfaces.length] as Surface;
      const { base, credentials } = surface;
      const socket = connect({
        port: portOf(surface),
        host: "127.0.0.1",
        localAddress: addresses.insider,
      });
      socket.on("error", () => undefined);
      const start = head(
        `POST ${base}/chat/completions HTTP/1.1`,
        credentials,
        "content-length: 1000",
      );
      socket.write(at % 3 === 0 ? start.slice(0, 50) : start + '{"messages":');
      sockets.push(socket);
      if (at % 3 === 1) {
        setTimeout(() => socket.resetAndDestroy(), at % 10);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 2000));
  });
  sockets.forEach((socket) => socket.destroy());
  await until(async () => (await openSockets()) < before.sockets + 50);
});

test("afterwards no socket, heap growth or logged secret is left, and SIGTERM exits promptly", async () => {
  provide();
  await besideFriends(() => new Promise((resolve) => setTimeout(resolve, 1000)));
  // The relay keeps idle provider connections for half a minute.
  await until(async () => (await openSockets()) <= before.sockets, 60_000);
  const grownBytes = (await heapUsedBytes()) - before.heapUsedBytes;
  expect(grownBytes).toBeLessThan(32 * 1024 * 1024);
  const log = await readFile(join(fixture.gateway.folder, "gateway.log"), "utf8");
  const printed = fixture.gateway.output() + log;
  expect(secrets.filter((secret) => printed.includes(secret))).toEqual([]);
  expect(printed).not.toMatch(
    /ocp_[0-9A-Za-z]|guess-\d|uncaught|unhandled|internal_error|RangeError/i,
  );
  // No request is in flight, so it exits long before the gateway's drain timeout (28 s). An open debugger would keep it
  // waiting.
  inspector.close();
  const startedAtMs = performance.now();
  expect(await fixture.gateway.terminate()).toBe(0);
  expect(performance.now() - startedAtMs).toBeLessThan(20_000);
});
