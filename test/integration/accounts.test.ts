/** What is booked on a key for its requests. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import { call, callAndLeave, type CallOptions, until } from "../support/client.ts";
import { raw, silence } from "../support/provider.ts";
import { fakeHost, type RelayServer, startRelayServer } from "../support/relay-server.ts";
import { goodRun, messages, useFixture } from "./fixture.ts";

const fixture = useFixture();
const key = createKeyText();
let stateFolder = "";
let relay: RelayServer;
/** Agent runs last until they are aborted, or fail immediately. */
let runsFail = false;
let runs = 0;

beforeEach(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), "openclaw-passthrough-accounts-"));
  runsFail = false;
  runs = 0;
  const sha256 = keyDigest(key).toString("hex");
  const bot = { id: "k1", sha256, modes: ["passthrough", "light", "agent"] };
  relay = await startRelayServer(
    fakeHost({
      models: ["a/m1"],
      providers: { a: fixture.provider.baseUrl },
      stateFolder,
      config: { keys: { bot }, upstream: { retries: 0 } },
      runAgent: async ({ signal }) => {
        runs += 1;
        if (runsFail) {
          throw new Error("no");
        }
        await new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error));
        });
        return goodRun;
      },
    }),
  );
});
afterEach(async () => {
  await relay.close();
  await rm(stateFolder, { recursive: true });
});

const chat = () => `${relay.url}/passthrough/v1/chat/completions`;
const options = (body: object, headers: Record<string, string> = {}): CallOptions => ({
  body: { messages, ...body },
  headers: { authorization: `Bearer ${key}`, ...headers },
});

/** What is booked on the key. */
async function booked(): Promise<Record<string, number>> {
  const url = `${relay.url}/passthrough/v1/usage`;
  const { body } = await call(url, { headers: { authorization: `Bearer ${key}` } });
  return JSON.parse(body.toString()).total;
}

test.each([
  ["a JSON answer", { stream: false }, {}],
  ["a stream", { stream: true }, {}],
  ["an agent's answer", { stream: false }, { "x-openclaw-light-context": "0" }],
  ["an agent's stream", { stream: true }, { "x-openclaw-light-context": "0" }],
])(
  "a client that disconnects before %s is booked without an error",
  async (_what, body, headers) => {
    fixture.provider.behave("m1", silence);
    const arrived = () => until(() => fixture.provider.requests.length + runs === 1);
    await callAndLeave(chat(), options(body, headers), arrived);
    await until(() => relay.log.some((line) => line.includes("client_closed")));
    expect(await booked()).toMatchObject({ requests: 1, errors: 0 });

    // A failed request counts as an error.
    fixture.provider.behave("m1", raw("", 500, {}));
    runsFail = true;
    await call(chat(), options(body, headers));
    expect(await booked()).toMatchObject({ requests: 2, errors: 1 });
  },
);

test.each([
  ["within the retained size", 500_000],
  ["beyond the retained size", 1_500_000],
])("finds usage at the start of a long answer %s", async (_which, size) => {
  const usage = { prompt_tokens: 1234, completion_tokens: 7 };
  const long = JSON.stringify({ usage, filler: "x".repeat(size) });
  fixture.provider.behave("m1", raw(long, 200, { "content-type": "application/json" }));
  const answer = await call(chat(), options({}));
  expect(answer.body.length).toBe(long.length);
  await until(async () => (await booked())["requests"] === 1);
  expect((await booked())["tokensIn"]).toBe(1234);
});
