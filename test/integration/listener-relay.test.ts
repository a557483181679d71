/** The relay behind its own listener, which has no gateway in front of it. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import { call, open, until } from "../support/client.ts";
import { exchange, head, post } from "../support/raw-http.ts";
import { messages, useFixture } from "./fixture.ts";

const key = createKeyText();
const fixture = useFixture(
  {
    config: {
      maxBodyBytes: 4096,
      keys: {
        bot: { id: "k1", sha256: keyDigest(key).toString("hex"), modes: ["passthrough"] },
      },
    },
  },
  "the listener",
);
const path = "/passthrough/v1/chat/completions";
const headers = { authorization: `Bearer ${key}` };
const body = { messages };
const port = () => Number(new URL(fixture.relay.url).port);

test("a key is served, whole and as a stream", async () => {
  const url = fixture.relay.url + path;
  const whole = await call(url, { headers, body });
  expect([whole.status, whole.body.toString()]).toEqual([
    200,
    expect.stringContaining("Hello from the provider."),
  ]);
  const stream = await call(url, { headers, body: { ...body, stream: true } });
  expect([stream.status, stream.body.toString()]).toEqual([
    200,
    expect.stringMatching(/data: \[DONE\]\n\n$/),
  ]);
});

test("wrong keys get a 401, then a 429, and a valid key is still served", async () => {
  const url = fixture.relay.url + path;
  const statuses: number[] = [];
  for (const text of Array.from({ length: 12 }, () => createKeyText())) {
    const { status } = await call(url, { body, headers: { authorization: `Bearer ${text}` } });
    statuses.push(status);
  }
  expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
  expect((await call(url, { headers, body })).status).toBe(200);
  expect(fixture.provider.requests).toHaveLength(1);
});

test("an answer that comes before the body leaves the connection usable", async () => {
  const large = JSON.stringify({ messages, filler: "x".repeat(100_000) });
  const { answers } = await exchange(port(), [
    post(path, large, `authorization: Bearer ${key}`),
    post(path, JSON.stringify(body), `authorization: Bearer ${key}`),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([413, 200]);
});

test("a client that closes after its request still reads why its large body was refused", async () => {
  // In a thread of its own: only a client that writes while the listener closes loses the answer.
  const client = new Worker(closingClient, {
    eval: true,
    workerData: { url: fixture.relay.url + path, authorization: headers.authorization, times: 20 },
  });
  const [statuses] = await once(client, "message");
  expect(statuses).toEqual(Array.from({ length: 20 }, () => 413));
});

const closingClient = `
  const { request } = require("node:http");
  const { parentPort, workerData } = require("node:worker_threads");
  const { url, authorization, times } = workerData;
  const body = Buffer.alloc(20_000_000, " ");
  const ask = () => new Promise((resolve) => {
    const headers = { authorization, "content-length": body.length };
    request(url, { agent: false, method: "POST", headers })
      .on("error", ({ code }) => resolve(code))
      .on("response", (answer) => answer.resume().on("close", () => resolve(answer.statusCode)))
      .end(body);
  });
  (async () => {
    const statuses = [];
    while (statuses.length < times) statuses.push(await ask());
    parentPort.postMessage(statuses);
  })();
`;

test("a smuggled request does not reach a provider", async () => {
  const inner = post(path, JSON.stringify(body), `authorization: Bearer ${key}`).toString();
  const { answers } = await exchange(port(), [
    head(
      `POST ${path} HTTP/1.1`,
      `authorization: Bearer ${key}`,
      "content-length: 5",
      "transfer-encoding: chunked",
    ) + `0\r\n\r\n${inner}`,
  ]);
  expect(answers.map(({ status }) => status)).toEqual([400]);
  expect(fixture.provider.requests).toEqual([]);
});

test("a client that leaves ends its request at the provider, and those that wait never begin", async () => {
  fixture.provider.behave("m1", ({ response }) => void response.writeHead(200).write(": wait\n\n"));
  const one = post(path, JSON.stringify({ ...body, stream: true }), `authorization: Bearer ${key}`);
  await exchange(port(), [one, one, one], { silenceMs: 300 });
  await until(() => fixture.provider.requests[0]?.abortedAtMs !== undefined);
  expect(fixture.provider.requests).toHaveLength(1);
});

test("a stream survives its client's pause", async () => {
  const answer = await open(fixture.relay.url + path, {
    headers,
    body: { ...body, stream: true },
  });
  answer.stream.pause();
  await call(`${fixture.relay.url}/healthz`);
  const parts: Buffer[] = [];
  answer.stream.on("data", (part: Buffer) => parts.push(part)).resume();
  await new Promise((resolve) => answer.stream.once("close", resolve));
  expect(Buffer.concat(parts).toString()).toContain("[DONE]");
});
