/** What only Ollama's wire does. The conversations of every wire are in conversations.test.ts. */
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Provider, startProvider } from "../../support/provider.ts";
import { fakeHost, type RelayServer, startRelayServer } from "../../support/relay-server.ts";
import { scriptedOllama } from "../../support/wires/ollama.ts";
import { play, type Scene } from "../../support/wires/scene.ts";

let provider: Provider;
let relay: RelayServer;
let openai: OpenAI;

beforeAll(async () => {
  provider = await startProvider();
  relay = await startRelayServer(
    fakeHost({
      models: ["a/m1"],
      providers: { a: provider.baseUrl },
      route: { api: "ollama" },
      config: { upstream: { retries: 0 } },
    }),
  );
  openai = new OpenAI({ baseURL: `${relay.url}/v1`, apiKey: "token", maxRetries: 0 });
});
beforeEach(() => provider.reset());
afterAll(async () => {
  await relay.close();
  await provider.close();
});

const scene = (of: Scene) => provider.behave("m1", play(scriptedOllama, of));
const ask = (more: object = {}) =>
  openai.chat.completions.create({
    model: "openclaw",
    messages: [{ role: "user", content: "hi" }],
    ...more,
  });

test("the request goes to Ollama's own path, though the base URL ends in /v1", async () => {
  scene({ say: ["Hello"] });
  await ask({ num_ctx: 8192, keep_alive: "1m" });
  const [request] = provider.requests;
  expect(request?.path).toBe("/api/chat");
  expect(request?.json).toMatchObject({
    model: "m1",
    stream: true,
    truncate: false,
    shift: false,
    keep_alive: "1m",
    options: { num_ctx: 8192 },
  });
});

test("what Ollama cannot say is named in a header", async () => {
  scene({ say: ["Hello"] });
  const { response } = await openai.chat.completions
    .create({
      model: "openclaw",
      messages: [{ role: "user", content: "hi", name: "ann" }],
      user: "u",
    })
    .withResponse();
  expect(response.headers.get("x-openclaw-dropped-params")).toBe("messages.name, user");
});

test("a prompt that is too long fails with the code that clients know", async () => {
  scene({ fail: { status: 400, message: "no", isContextLength: true } });
  await expect(ask()).rejects.toMatchObject({ status: 400, code: "context_length_exceeded" });
});

test("a model that is not there is a 404 in the provider's words", async () => {
  scene({ fail: { status: 404, message: "model 'm1' not found" } });
  await expect(ask()).rejects.toMatchObject({
    status: 404,
    error: { message: "model 'm1' not found" },
  });
});

test.each([1, 7])(
  "a stream in pieces of %i bytes, with CRLF and empty lines, is the same",
  async (pieceBytes) => {
    const delivery = { pieceBytes, crlf: true, pings: true };
    const calls = [
      { id: "c1", name: "f", arguments: ['{"a":"é"}'] },
      { id: "c2", name: "g", arguments: [] },
    ];
    scene({ think: ["hm"], say: ["Grüße"], calls, usage: { input: 9, output: 5 }, delivery });
    const stream = openai.chat.completions.stream({
      model: "openclaw",
      messages: [{ role: "user", content: "hi" }],
    });
    const { choices } = await stream.finalChatCompletion();
    expect(choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: {
        content: "Grüße",
        reasoning_content: "hm",
        tool_calls: [
          { id: "c1", function: { name: "f", arguments: '{"a":"é"}' } },
          { id: "c2", function: { name: "g", arguments: "{}" } },
        ],
      },
    });
  },
);

test("an answer that is one JSON object is an answer", async () => {
  provider.behave("m1", ({ response }) => {
    response.writeHead(200, { "content-type": "application/json; charset=utf-8" });
    const message = { role: "assistant", content: "Hello" };
    response.end(JSON.stringify({ model: "qwen3", message, done: true, done_reason: "stop" }));
  });
  const answer = await ask();
  expect(answer).toMatchObject({ model: "qwen3", choices: [{ message: { content: "Hello" } }] });
});

test("an answer without its end is no answer", async () => {
  scene({ say: ["Hel", "lo"], cutAfter: 1 });
  await expect(ask()).rejects.toMatchObject({ status: 502 });
});

test("an error in the first line, and one after the first word", async () => {
  scene({ failWithin: { when: "before", status: 503, message: "busy" } });
  await expect(ask()).rejects.toMatchObject({ status: 503 });
  scene({ say: ["a", "b"], failWithin: { when: "after", status: 500, message: "oops" } });
  const stream = await openai.chat.completions.create({
    model: "openclaw",
    messages: [{ role: "user", content: "hi" }],
    stream: true,
  });
  const said: string[] = [];
  const read = async () => {
    for await (const { choices } of stream) {
      said.push(choices[0]?.delta.content ?? "");
    }
  };
  await expect(read()).rejects.toMatchObject({ message: expect.stringContaining("oops") });
  expect(said.join("")).toBe("ab");
});
