/** What is written down about a key's requests. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
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
/** Agent runs go on until they are given up, or fail at once. */
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

/** The sums of the key's accounts, as they are in the file. */
async function written() {
  await relay.relay.flushLedger();
  const text = await readFile(join(stateFolder, "passthrough", "usage.json"), "utf8");
  const { rows } = JSON.parse(text) as { rows: { total: Record<string, number> }[] };
  const sum = (what: string) => rows.reduce((all, { total }) => all + (total[what] ?? 0), 0);
  return { requests: sum("requests"), errors: sum("errors"), tokensIn: sum("tokensIn") };
}

test.each([
  ["a JSON answer", { stream: false }, {}],
  ["a stream", { stream: true }, {}],
  ["an agent's answer", { stream: false }, { "x-openclaw-light-context": "0" }],
  ["an agent's stream", { stream: true }, { "x-openclaw-light-context": "0" }],
])("a client that leaves before %s has made no error", async (_what, body, headers) => {
  fixture.provider.behave("m1", silence);
  const arrived = () => until(() => fixture.provider.requests.length + runs === 1);
  await callAndLeave(chat(), options(body, headers), arrived);
  await until(() => relay.log.some((line) => line.includes("client_closed")));
  expect(await written()).toMatchObject({ requests: 1, errors: 0 });

  // A failure of ours is one.
  fixture.provider.behave("m1", raw("", 500, {}));
  runsFail = true;
  await call(chat(), options(body, headers));
  expect(await written()).toMatchObject({ requests: 2, errors: 1 });
});

test.each([
  ["that is held whole", 500_000],
  ["that is longer than what is held", 1_500_000],
])("counts in front of a long answer are found: one %s", async (_which, size) => {
  const usage = { prompt_tokens: 1234, completion_tokens: 7 };
  const long = JSON.stringify({ usage, filler: "x".repeat(size) });
  fixture.provider.behave("m1", raw(long, 200, { "content-type": "application/json" }));
  const answer = await call(chat(), options({}));
  expect(answer.body.length).toBe(long.length);
  await until(async () => (await written()).requests === 1);
  expect((await written()).tokensIn).toBe(1234);
});
