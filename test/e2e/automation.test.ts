/** The config of docs/automation.md, verbatim except for the two base URLs, in a real gateway. */
import { readFile } from "node:fs/promises";
import JSON5 from "json5";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { call, until } from "../support/client.ts";
import { type Gateway, gatewayToken, startGateway } from "../support/gateway.ts";
import { countingConcurrency, json, type Provider, startProvider } from "../support/provider.ts";

const cloudKey = "sk-cloud-from-the-environment";
let local: Provider;
let cloud: Provider;
let gateway: Gateway;

beforeAll(async () => {
  [local, cloud] = await Promise.all([startProvider(), startProvider()]);
  const page = await readFile(new URL("../../docs/automation.md", import.meta.url), "utf8");
  const config = JSON5.parse(/```json5\n([^]*?)```/.exec(page)?.[1] ?? "");
  config.models.providers.local.baseUrl = local.baseUrl;
  config.models.providers.cloud.baseUrl = cloud.baseUrl;
  gateway = await startGateway({
    config,
    stateFrom: inject("installedState"),
    env: { CLOUD_API_KEY: cloudKey },
  });
});
afterAll(async () => {
  await gateway?.close();
  await local?.close();
  await cloud?.close();
});

const ask = (body: unknown = { model: "openclaw/bot", messages: [] }) =>
  call(`${gateway.url}/v1/chat/completions`, {
    body,
    headers: { authorization: `Bearer ${gatewayToken}` },
  });

test("the local server gets all requests, one at a time", async () => {
  const counted = countingConcurrency(50, json({ id: "local" }));
  local.behave("qwen3.5-27b", counted.behaviour);
  const answers = await Promise.all(Array.from({ length: 6 }, () => ask()));
  expect(answers.map(({ body }) => body.toString())).toEqual(Array(6).fill('{"id":"local"}'));
  expect([counted.most, local.requests.length, cloud.requests.length]).toEqual([1, 6, 0]);
  local.reset();
});

/** Non-standard fields that clients of local servers send, and numbers that a parser would change. */
const fields =
  '"messages": [{"role":"user","content":"h\\u0069"}], "enable_thinking": false, "chat_template_kwargs": {"thinking":0},' +
  '"reasoning_effort":"low","reasoning":{"effort":"low"},"response_format":{"type":"json_object"},"guided_json":{"type":"object"},' +
  '"guided_choice":["a"],"guided_regex":"a+","guided_grammar":"root","structured_outputs":{},"logprobs":true,"top_logprobs":2,' +
  '"n":2,"logit_bias":{"50256":-100},"top_k":20,"min_p":0.050,"repetition_penalty":1.0,"stop_token_ids":[9007199254740993],' +
  '"parallel_tool_calls":false,"cache_prompt":true,"grammar":"g","json_schema":{},"options":{"num_ctx":8192},"keep_alive":"5m",' +
  '"think":false,"format":"json","service_tier":"auto","store":false,"metadata":{"a":"b"},"prompt_cache_key":"k",' +
  '"verbosity":"low","provider":{"order":["x"]},"transforms":[], "user": "bot-7"';
const body = (model: string) => Buffer.from(`{"model":"${model}", ${fields}}`);

test("fields reach the local server unchanged, and the cloud after context_length_exceeded", async () => {
  local.behave("qwen3.5-27b", json({ error: { code: "context_length_exceeded" } }, 400));
  const answer = await ask(body("openclaw/bot"));
  expect([answer.status, answer.headers["x-openclaw-provider"]]).toEqual([200, "cloud"]);
  expect(local.requests.map((request) => request.body)).toEqual([body("qwen3.5-27b")]);
  expect(cloud.requests.map((request) => request.body)).toEqual([body("qwen-plus")]);
  expect(cloud.requests[0]?.headers["authorization"]).toBe(`Bearer ${cloudKey}`);
  local.reset();
  cloud.reset();
});

test("the answer's bytes are unchanged: reasoning, choices, cached tokens", async () => {
  const choice = { message: { role: "assistant", content: "a", reasoning_content: "b" } };
  const completion = {
    choices: [choice, choice],
    usage: { prompt_tokens_details: { cached_tokens: 7 } },
  };
  local.behave("qwen3.5-27b", json(completion));
  expect((await ask()).body.toString()).toBe(JSON.stringify(completion));
  local.reset();
});

test("the cloud answers while the local server is down, and the circuit opens to skip it", async () => {
  await local.close();
  const log: unknown[] = [];
  for (let at = 0; at < 4; at += 1) {
    const { status, headers } = await ask();
    expect([status, headers["x-openclaw-provider"]]).toEqual([200, "cloud"]);
    log.push(headers["x-openclaw-attempt-log"]);
  }
  expect(log[0]).toMatch(/^(local\S+ upstream_unreachable \d+ ms, ){2}cloud\S+ ok/);
  expect(log.at(-1)).toMatch(/^local\S+ circuit_open \d+ ms, cloud\S+ ok/);
  await until(() => gateway.output().includes("the circuit to local/qwen3.5-27b is open"));
});
