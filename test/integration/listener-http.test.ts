/** What the listener does with bytes: each request reaches the handler once or is refused, and nothing stalls the others. */
import { describe, expect, test } from "vitest";
import { startBystander } from "../support/bystander.ts";
import { call, until } from "../support/client.ts";
import { connections, openStreams, startListener } from "../support/listener.ts";
import { exchange, head, post } from "../support/raw-http.ts";
import { untilStill } from "../support/sockets.ts";

const smuggled = "GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n";
const chunked = (line: string, ...fields: readonly string[]) =>
  head(line, "transfer-encoding: chunked", ...fields);

function envelope(body: string) {
  const parsed = JSON.parse(body);
  expect(Object.keys(parsed)).toEqual(["error"]);
  expect(Object.keys(parsed.error)).toEqual(["message", "type", "param", "code"]);
  return parsed.error;
}

describe("is refused before any handler, and the connection closes:", () => {
  test.each<[string, string, number, string]>([
    ["no HTTP", "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400, "invalid_request"],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "invalid_request"],
    ["the version 2.0", "GET / HTTP/2.0\r\nhost: a\r\n\r\n", 400, "invalid_request"],
    ["no version", "GET /\r\n\r\n", 400, "invalid_request"],
    ["a method in lower case", "get / HTTP/1.1\r\nhost: a\r\n\r\n", 400, "invalid_request"],
    ["no Host", "GET / HTTP/1.1\r\n\r\n", 400, "invalid_request"],
    ["two Hosts", "GET / HTTP/1.1\r\nhost: a\r\nHost: b\r\n\r\n", 400, "invalid_request"],
    ["two Hosts over 1.0", "GET / HTTP/1.0\r\nhost: a\r\nHost: b\r\n\r\n", 400, "invalid_request"],
    [
      "Content-Length and Transfer-Encoding",
      chunked("POST / HTTP/1.1", "content-length: 5") + "0\r\n\r\n",
      400,
      "invalid_request",
    ],
    [
      "Transfer-Encoding after Content-Length",
      head("POST / HTTP/1.1", "content-length: 5", "transfer-encoding: chunked") + "0\r\n\r\n",
      400,
      "invalid_request",
    ],
    [
      "two Content-Lengths",
      head("POST / HTTP/1.1", "content-length: 2", "content-length: 2") + "ab",
      400,
      "invalid_request",
    ],
    [
      "a list of lengths",
      head("POST / HTTP/1.1", "content-length: 2, 2") + "ab",
      400,
      "invalid_request",
    ],
    [
      "a signed length",
      head("POST / HTTP/1.1", "content-length: +2") + "ab",
      400,
      "invalid_request",
    ],
    ["an empty length", head("POST / HTTP/1.1", "content-length: "), 400, "invalid_request"],
    [
      "two Transfer-Encodings",
      chunked("POST / HTTP/1.1", "transfer-encoding: chunked") + "0\r\n\r\n",
      400,
      "invalid_request",
    ],
    [
      "another transfer coding",
      head("POST / HTTP/1.1", "transfer-encoding: gzip, chunked") + "0\r\n\r\n",
      400,
      "invalid_request",
    ],
    [
      "an unknown transfer coding",
      head("POST / HTTP/1.1", "transfer-encoding: xchunked") + "0\r\n\r\n",
      400,
      "invalid_request",
    ],
    ["chunks over HTTP/1.0", chunked("POST / HTTP/1.0") + "0\r\n\r\n", 400, "invalid_request"],
    [
      "a space before the colon",
      head("POST / HTTP/1.1", "content-length : 2") + "ab",
      400,
      "invalid_request",
    ],
    ["a folded header", head("GET / HTTP/1.1", "x: a\r\n b"), 400, "invalid_request"],
    [
      "a folded Transfer-Encoding",
      head("POST / HTTP/1.1", "transfer-encoding:\r\n chunked") + "0\r\n\r\n",
      400,
      "invalid_request",
    ],
    ["a bare LF", "GET / HTTP/1.1\r\nhost: a\nx: b\r\n\r\n", 400, "invalid_request"],
    ["LF only", "GET / HTTP/1.1\nhost: a\n\n", 400, "invalid_request"],
    ["a bare CR", "GET / HTTP/1.1\r\nhost: a\rx: b\r\n\r\n", 400, "invalid_request"],
    ["a NUL", head("GET / HTTP/1.1", "x: a\0b"), 400, "invalid_request"],
    ["a NUL in the path", head("GET /a\0b HTTP/1.1"), 400, "invalid_request"],
    ["a header without a name", head("GET / HTTP/1.1", ": b"), 400, "invalid_request"],
    ["an absolute target", head("GET http://other/v1 HTTP/1.1"), 400, "invalid_request"],
    ["the target *", head("OPTIONS * HTTP/1.1"), 400, "invalid_request"],
    ["CONNECT", head("CONNECT other:443 HTTP/1.1"), 400, "invalid_request"],
    ["an unknown expectation", head("GET / HTTP/1.1", "expect: cake"), 417, "expectation_failed"],
    [
      "many headers",
      head("GET / HTTP/1.1", ...Array.from({ length: 5000 }, (_, at) => `x${at}: y`)),
      431,
      "headers_too_large",
    ],
    [
      "a long header",
      head("GET / HTTP/1.1", `x: ${"y".repeat(100_000)}`),
      431,
      "headers_too_large",
    ],
    ["a long path", head(`GET /${"y".repeat(100_000)} HTTP/1.1`), 431, "headers_too_large"],
  ])("%s", async (_what, bytes, status, code) => {
    const { port, handled, log } = await startListener();
    const { answers, ended } = await exchange(port, [bytes + smuggled]);
    expect([answers.map((answer) => answer.status), ended]).toEqual([[status], true]);
    expect(envelope(answers[0]?.body ?? "")).toMatchObject({ code, type: "invalid_request_error" });
    expect(answers[0]?.headers["connection"]).toBe("close");
    expect(handled).toEqual([]);
    expect(log.filter((line) => line.startsWith("warn"))).toEqual([]);
  });
});

describe("reaches the handler once, is refused, and hides no second request:", () => {
  test.each<[string, string, number]>([
    ["a chunk with LF only", "2\nab\n0\n\n", 400],
    ["a negative chunk size", "-2\r\nab\r\n0\r\n\r\n", 400],
    ["a chunk size with a prefix", "0x2\r\nab\r\n0\r\n\r\n", 400],
    ["a chunk longer than its size", "1\r\nab\r\n0\r\n\r\n", 400],
    ["long chunk extensions", `2;${"x".repeat(20_000)}\r\nab\r\n0\r\n\r\n`, 413],
    ["Content-Length in the trailer", "0\r\ncontent-length: 5\r\n\r\n", 400],
  ])("%s", async (_what, body, status) => {
    const { port, handled } = await startListener();
    const bytes = chunked("POST /first HTTP/1.1") + body + smuggled;
    const { answers, ended } = await exchange(port, [bytes]);
    expect([answers.map((answer) => answer.status), ended]).toEqual([[status], true]);
    envelope(answers[0]?.body ?? "");
    expect(handled).toEqual(["POST /first"]);
  });
});

test("a body that breaks off after its answer gets no second answer", async () => {
  const { port } = await startListener({
    handler: async (_request, response) => void response.writeHead(401).end("early"),
  });
  const { answers, ended } = await exchange(port, [
    chunked("POST /first HTTP/1.1"),
    ...Array.from({ length: 3 }, () => "1\r\na\r\n"),
    "zz\r\n",
  ]);
  expect([answers.map(({ status }) => status), ended]).toEqual([[401], true]);
});

describe("is served:", () => {
  test.each<[string, string, string]>([
    ["HTTP/1.0", "GET /a HTTP/1.0\r\nconnection: keep-alive\r\n\r\n", "GET /a "],
    ["a chunked body", chunked("POST /a HTTP/1.1") + "2\r\nab\r\n0\r\n\r\n", "POST /a ab"],
    [
      "short chunk extensions",
      chunked("POST /a HTTP/1.1") + "2;x=y\r\nab\r\n0\r\n\r\n",
      "POST /a ab",
    ],
    [
      "an offer of HTTP/2, which is ignored",
      head("GET /a HTTP/1.1", "connection: upgrade, http2-settings", "upgrade: h2c"),
      "GET /a ",
    ],
    [
      "an offer of WebSocket, which is ignored",
      head("GET /a HTTP/1.1", "connection: upgrade", "upgrade: websocket"),
      "GET /a ",
    ],
    ["empty lines before it", `\r\n\r\n${head("GET /a HTTP/1.1")}`, "GET /a "],
  ])("%s", async (_what, bytes, expected) => {
    const { port, handled } = await startListener();
    const { answers } = await exchange(port, [bytes]);
    expect(answers).toMatchObject([{ status: 200, body: expected }]);
    expect(handled).toHaveLength(1);
  });

  test("100-continue, after an interim answer", async () => {
    const { port } = await startListener();
    const bytes = head("POST /a HTTP/1.1", "expect: 100-continue", "content-length: 2");
    const { text, answers } = await exchange(port, [bytes, "ab"]);
    expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
    expect(answers).toMatchObject([{ status: 200, body: "POST /a ab" }]);
  });

  test("each of some pipelined requests, in order and one after the other", async () => {
    let atWork = 0;
    let most = 0;
    const { port } = await startListener({
      handler: async (request, response) => {
        atWork += 1;
        most = Math.max(most, atWork);
        await untilStill(() => 0);
        atWork -= 1;
        response.end(request.url);
      },
    });
    const paths = Array.from({ length: 16 }, (_, at) => `/${at}`);
    const requests = paths.map((path) => head(`GET ${path} HTTP/1.1`)).join("");
    const { answers } = await exchange(port, [requests], { silenceMs: 2000 });
    expect(answers.map(({ body }) => body)).toEqual(paths);
    expect(most).toBe(1);
  });
});

test("what follows the last request of a connection does not spoil its answer", async () => {
  const { port, handled } = await startListener();
  const first = post("/first", "ab", "connection: close");
  const { answers, ended } = await exchange(port, [first, smuggled]);
  expect([answers.map(({ status }) => status), ended]).toEqual([[200], true]);
  const { answers: others } = await exchange(port, [post("/first", "ab"), "no HTTP\r\n\r\n"]);
  expect(others.map(({ status }) => status)).toEqual([200]);
  expect(handled).toEqual(["POST /first", "POST /first"]);
});

test("requests that wait on a connection are dropped when their client leaves", async () => {
  const { handler, open } = openStreams();
  const { port, handled } = await startListener({ handler });
  await exchange(port, [head("GET /1 HTTP/1.1") + head("GET /2 HTTP/1.1")], { silenceMs: 50 });
  await until(() => open.every((response) => response.closed));
  expect(handled).toEqual(["GET /1"]);
});

test.each([
  ["any path", "/v1/models"],
  ["the health check", "/healthz"],
  ["nothing valid", "http://other/"],
])("20,000 pipelined requests for %s end the connection and stall nobody", async (_what, path) => {
  const { port, url, handled, listener } = await startListener();
  const stop = startBystander(() => call(`${url}/bystander`), "GET /bystander");
  await until(() => handled.length > 3);
  const attack = Buffer.from(head(`GET ${path} HTTP/1.1`).repeat(20_000));
  const outcomes = await Promise.all(
    Array.from({ length: 5 }, () => exchange(port, [attack], { silenceMs: 1000 })),
  );
  expect(outcomes.map(({ ended }) => ended)).not.toContain(false);
  const { wrong, slowestMs } = await stop();
  expect(wrong).toEqual([]);
  expect(slowestMs).toBeLessThan(100);
  expect(handled.filter((one) => !one.includes("bystander")).length).toBeLessThan(6);
  await until(() => listener.connections() === 0);
});

describe("within a bound on time,", () => {
  test.each<[string, string]>([
    ["headers", "GET / HTTP/1.1\r\nhost: a\r\nx"],
    ["any byte", ""],
  ])("a client that does not send %s gets a 408", async (_what, bytes) => {
    const { port } = await startListener({ settings: { headersTimeoutMs: 100 } });
    const { answers, ended } = await exchange(port, [bytes], { silenceMs: 5000 });
    expect([answers.map(({ status }) => status), ended]).toEqual([[408], true]);
    expect(envelope(answers[0]?.body ?? "").code).toBe("request_timeout");
  });

  test("a client that does not send its body gets a 408", async () => {
    const { port } = await startListener({ settings: { requestTimeoutMs: 100 } });
    const bytes = head("POST / HTTP/1.1", "content-length: 10");
    const { answers, ended } = await exchange(port, [bytes, "ab"], { silenceMs: 5000 });
    expect([answers.map(({ status }) => status), ended]).toEqual([[408], true]);
  });

  test("a long answer goes on", async () => {
    const { handler, open } = openStreams();
    const { url } = await startListener({
      handler,
      settings: { requestTimeoutMs: 100, headersTimeoutMs: 100, idleTimeoutMs: 100 },
    });
    const answer = call(url, { body: "ab" });
    await until(() => open.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    open[0]?.end("done");
    expect((await answer).body.toString()).toBe("begundone");
  });

  test("an idle connection closes", async () => {
    const { port } = await startListener({ settings: { idleTimeoutMs: 100 } });
    const silenceMs = 20_000;
    const startedAtMs = performance.now();
    const { answers, ended } = await exchange(port, [head("GET / HTTP/1.1")], { silenceMs });
    expect([answers.map(({ status }) => status), ended]).toEqual([[200], true]);
    // Node's own default is 5 s.
    expect(performance.now() - startedAtMs).toBeLessThan(4500);
  });
});

describe("of many connections", () => {
  test("those beyond maxConnections are closed at once, and the others served", async () => {
    const { port, url, listener, log, change } = await startListener({
      settings: { maxConnections: 20 },
    });
    const sockets = await connections(port, 50);
    await until(() => sockets.filter((socket) => socket.closed).length === 30);
    expect(listener.connections()).toBe(20);
    await expect(call(url)).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(log.filter((line) => line.startsWith("warn"))).toEqual([
      expect.stringContaining("listen.maxConnections"),
    ]);
    await change({ maxConnections: 21 });
    expect((await call(url)).status).toBe(200);
  });

  test("5,000 of one loopback client are open at a time, each with a stream", async () => {
    const { handler, open } = openStreams();
    const { port } = await startListener({ handler });
    const sockets = await connections(port, 5000);
    sockets.forEach((socket) => socket.write(head("GET / HTTP/1.1")));
    await until(() => open.length === 5000);
    expect(sockets.filter((socket) => socket.closed)).toEqual([]);
  });
});

describe("/healthz", () => {
  test("says whether the data plane serves", async () => {
    let serves = true;
    const { url, handled } = await startListener({ isServing: () => serves });
    const live = await call(`${url}/healthz`);
    expect([live.status, live.body.toString()]).toEqual([200, '{"ok":true,"status":"live"}']);
    serves = false;
    const down = await call(`${url}/healthz?x`);
    expect([down.status, JSON.parse(down.body.toString())]).toEqual([
      503,
      { ok: false, status: "unavailable" },
    ]);
    const brief = await call(`${url}/healthz`, { method: "HEAD" });
    expect([brief.status, brief.body.length]).toEqual([503, 0]);
    expect(handled).toEqual([]);
  });

  test("has no other methods", async () => {
    const { url } = await startListener();
    const { status, headers, body } = await call(`${url}/healthz`, { body: "{}" });
    expect([status, headers["allow"]]).toEqual([405, "GET, HEAD"]);
    expect(envelope(body.toString()).code).toBe("method_not_allowed");
  });
});
