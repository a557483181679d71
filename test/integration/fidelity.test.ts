import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { call, open } from "../support/client.ts";
import { pacedStream } from "../support/paced-stream.ts";
import { chunk, drained, event, ordinaryEvents, raw, stream } from "../support/provider.ts";
import { exchange, post } from "../support/raw-http.ts";
import { socketsRead, untilStill } from "../support/sockets.ts";
import { messages, useFixture } from "./fixture.ts";

const fixture = useFixture();

describe("a request body", () => {
  test("reaches the provider byte for byte, except the value of `model`", async () => {
    const body =
      '{\n  "n": 1, "seed": 9007199254740993123, "model" : "openclaw/main", "top_p": 1.0,' +
      '"messages":[{"role":"user","content":"\\u00fc ü \\/"}], "chat_template_kwargs":{"enable_thinking":false} }';
    await call(fixture.chat, { body });
    expect(fixture.provider.requests[0]?.body.toString()).toBe(
      body.replace('"openclaw/main"', '"m1"'),
    );
  });

  test("of five megabytes arrives unchanged, and so does its answer", async () => {
    const content = "é".repeat(2_600_000);
    const big = Buffer.from(JSON.stringify({ id: "x", filler: content }));
    fixture.provider.behave("m1", raw(big, 200, { "content-type": "application/json" }));
    const answer = await call(fixture.chat, {
      body: { model: "openclaw", messages: [{ role: "user", content }] },
    });
    expect(fixture.provider.requests[0]?.json).toMatchObject({ messages: [{ content }] });
    expect(answer.body.equals(big)).toBe(true);
    expect(answer.complete).toBe(true);
  });
});

describe("an answer", () => {
  test("comes back byte for byte", async () => {
    const odd =
      '\n{ "id" : "x",\t"seed": 9007199254740993123, "unknown": {"a":[]} , "t":"\\u00fc ü" }\n ';
    fixture.provider.behave("m1", raw(odd, 200, { "content-type": "application/json;x=1" }));
    const answer = await call(fixture.chat, { body: { messages } });
    expect(answer.body.toString()).toBe(odd);
    expect(answer.headers["content-type"]).toBe("application/json;x=1");
    expect(answer.headers["content-length"]).toBe(String(Buffer.byteLength(odd)));
  });

  test.each([
    ["gzip", gzipSync],
    ["br", brotliCompressSync],
    ["deflate", deflateSync],
    ["zstd", zstdCompressSync],
  ])(
    "compressed despite `accept-encoding: identity` (%s) is decompressed: JSON, error and stream",
    async (encoding, compress) => {
      const headers = { "content-encoding": encoding };
      const asJson = { ...headers, "content-type": "application/json" };
      fixture.provider.behave("m1", raw(compress('{"id":"ü"}'), 200, asJson));
      const whole = await call(fixture.chat, { body: { messages } });
      expect(fixture.provider.requests[0]?.headers["accept-encoding"]).toBe("identity");
      expect(whole.headers).not.toHaveProperty("content-encoding");
      expect(whole.headers["content-length"]).toBe("11");
      expect(whole.body.toString()).toBe('{"id":"ü"}');

      fixture.provider.behave("m1", raw(compress('{"error":{"code":"x"}}'), 422, asJson));
      const error = await call(fixture.chat, { body: { messages } });
      expect([error.status, error.body.toString()]).toEqual([422, '{"error":{"code":"x"}}']);

      const text = ordinaryEvents().join("");
      const asStream = { ...headers, "content-type": "text/event-stream" };
      fixture.provider.behave("m1", raw(compress(text), 200, asStream));
      const streamed = await call(fixture.chat, { body: { messages, stream: true } });
      expect(streamed.body.toString()).toBe(text);
    },
  );

  test("after interim 1xx responses is the final one", async () => {
    fixture.provider.behave("m1", async ({ response }) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: "</x>; rel=preload" });
      await socketsRead();
      response.writeHead(200, { "content-type": "application/json" }).end('{"id":"x"}');
    });
    const answer = await call(fixture.chat, { body: { messages } });
    expect([answer.status, answer.body.toString()]).toEqual([200, '{"id":"x"}']);
  });

  test("streams every byte unchanged: comments, CRLF, unusual fields, split events, split UTF-8", async () => {
    const text = Buffer.from(
      ': hello\r\n\r\ndata:{"no":"space"}\n\nevent: x\nid: 1\nretry: 10\ndata: {"ü":"€😀"}\n\n\n: bye\n\ndata: [DONE]\n\n',
    );
    const pieces = Array.from(text, (_, at) => text.subarray(at, at + 1));
    fixture.provider.behave("m1", stream({ pieces }));
    const answer = await call(fixture.chat, { body: { messages, stream: true } });
    expect(answer.body.equals(text)).toBe(true);
    expect(answer.complete).toBe(true);
    expect(answer.headers["content-type"]).toBe("text/event-stream; charset=utf-8");
  });

  test("is a stream in valid chunks of any size, also for requests in one packet, and has none for HTTP/1.0", async () => {
    const long = event(chunk({ content: "é".repeat(20_000) }));
    const [role = "", ...rest] = ordinaryEvents();
    const pieces = [role, long, ...rest];
    fixture.provider.behave("m1", stream({ pieces }));
    const { pathname, port } = new URL(fixture.chat);
    const request = post(pathname, JSON.stringify({ messages, stream: true })).toString("latin1");
    const twice = await exchange(Number(port), [request + request]);
    const body = Buffer.from(pieces.join("")).toString("latin1");
    expect(twice.answers.map((answer) => answer.body)).toEqual([body, body]);
    expect(twice.answers[0]?.headers["transfer-encoding"]).toBe("chunked");
    const old = await exchange(Number(port), [request.replace("HTTP/1.1", "HTTP/1.0")]);
    expect(old.answers[0]?.headers["transfer-encoding"]).toBeUndefined();
    expect(old.text.slice(old.text.indexOf("\r\n\r\n") + 4)).toBe(body);
    expect(old.ended).toBe(true);
  });

  test("streams each event before the provider sends the next one", async () => {
    // Events before the first output are held back, so the first piece includes it.
    const [role = "", first = "", ...rest] = ordinaryEvents();
    const pieces = [role + first, ...rest];
    const paced = pacedStream(pieces);
    fixture.provider.behave("m1", paced.behaviour);
    const { stream: body } = await open(fixture.chat, { body: { messages, stream: true } });
    expect(await paced.read(body)).toBe(pieces.join(""));
  });
});

describe("headers", () => {
  test("from the client reach the provider by allowlist only, with the provider's key", async () => {
    await call(fixture.chat, {
      body: { messages },
      headers: {
        authorization: "Bearer gateway-token",
        cookie: "session=1",
        "x-openclaw-agent": "main",
        "x-forwarded-for": "10.0.0.1",
        "x-secret": "s",
        accept: "application/json",
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      },
    });
    const { host: _host, ...headers } = fixture.provider.requests[0]?.headers ?? {};
    expect(headers).toEqual({
      accept: "application/json",
      "accept-encoding": "identity",
      authorization: "Bearer sk-provider-key",
      connection: "keep-alive",
      "content-length": expect.any(String),
      "content-type": "application/json",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "user-agent": "openclaw-passthrough",
    });
  });

  test("from the provider reach the client by allowlist only, with ours added", async () => {
    fixture.provider.behave(
      "m1",
      raw('{"id":"x"}', 200, {
        "content-type": "application/json",
        "set-cookie": "a=b",
        "openai-organization": "org",
        "x-openclaw-model": "forged",
        "x-ratelimit-limit-requests": "10",
        "x-request-id": "req_provider",
        "retry-after": "1",
        server: "x",
      }),
    );
    const { headers } = await call(fixture.chat, { body: { messages } });
    const { date: _date, connection: _connection, ...rest } = headers;
    expect(rest).toEqual({
      "content-length": "10",
      "content-type": "application/json",
      "retry-after": "1",
      "x-openclaw-attempts": "1",
      "x-openclaw-attempt-log": expect.stringMatching(/^a\/m1 ok \d+ ms$/),
      "x-openclaw-mode": "passthrough",
      "x-openclaw-model": "m1",
      "x-openclaw-provider": "a",
      "x-openclaw-request-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
      "x-ratelimit-limit-requests": "10",
      "x-request-id": "req_provider",
    });
  });

  test("carry the request id that the log shows", async () => {
    const { headers } = await call(fixture.chat, { body: { messages } });
    expect(fixture.relay.log).toEqual([
      expect.stringContaining(
        `debug passthrough: chat-completions ${String(headers["x-openclaw-request-id"])}: status 200, ok`,
      ),
    ]);
  });
});

test("a client that does not read applies backpressure to the provider", async () => {
  const piece = event(chunk({ content: "x".repeat(64 * 1024) }));
  let written = 0;
  fixture.provider.behave("m1", async ({ response }) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    while (written < 2000 && !response.destroyed) {
      written += 1;
      if (!response.write(piece)) {
        await drained(response);
      }
    }
    response.end("data: [DONE]\n\n");
  });
  const { stream: body } = await open(fixture.chat, { body: { messages, stream: true } });
  // Nobody reads, so the provider can only fill the sockets' buffers.
  await untilStill(() => written);
  expect(written).toBeLessThan(400);

  let bytes = 0;
  let tail = Buffer.alloc(0);
  for await (const part of body) {
    bytes += (part as Buffer).length;
    tail = Buffer.concat([tail, part as Buffer]).subarray(-20);
  }
  expect(bytes).toBe(2000 * Buffer.byteLength(piece) + "data: [DONE]\n\n".length);
  expect(tail.toString()).toMatch(/data: \[DONE\]\n\n$/);
});
