/** A call returns its usage, and notes it for telemetry, whoever asks. */
import { expect, test } from "vitest";
import type { AnswerPipe } from "../../src/answer/answer-sink.ts";
import { openAiChat } from "../../src/protocols/openai-chat/protocol.ts";
import { parseChatBody } from "../../src/protocols/openai-chat/request.ts";
import { createCandidate } from "../../src/routing/candidates.ts";
import { createTrace } from "../../src/telemetry/trace.ts";
import { createCredentials } from "../../src/upstream/credentials.ts";
import { createDispatchers } from "../../src/upstream/dispatchers.ts";
import { createOpaqueStates } from "../../src/upstream/opaque-state.ts";
import { createForward } from "../../src/upstream/forward.ts";
import { createGuards } from "../../src/upstream/guards.ts";
import { chunk, event, json, ordinaryEvents, startProvider, stream } from "../support/provider.ts";
import { fakeHost } from "../support/relay-server.ts";
import { messages } from "./fixture.ts";

const reported = { prompt_tokens: 120, completion_tokens: 7, total_tokens: 127 };
const counted = { tokensIn: 120, tokensOut: 7, tokensCached: 0, tokensCacheWrite: 0 };
const completion = { choices: [{ index: 0, message: { role: "assistant", content: "hi" } }] };
const usageEvent = event({ ...chunk({}), choices: [], usage: reported });

/** Forwards an operator's request to two models of one provider, in order. */
async function forwardTo(
  provider: Awaited<ReturnType<typeof startProvider>>,
  body: object,
): Promise<{ returned: unknown; noted: unknown[] }> {
  const host = fakeHost({
    models: ["a/m1", "a/m2"],
    providers: { a: provider.baseUrl },
    config: { upstream: { retries: 0 } },
  });
  const publish = () => undefined;
  const dispatchers = createDispatchers();
  const guards = createGuards({ host, publish });
  const trace = createTrace({ endpoint: "chat-completions", publish });
  const sink: AnswerPipe = {
    signal: new AbortController().signal,
    commit: () => undefined,
    write: () => true,
    whenDrained: () => undefined,
    end: () => undefined,
    breakOff: () => undefined,
  };
  const forward = createForward({
    dispatchers,
    guards,
    credentials: createCredentials({ host, publish }),
    states: createOpaqueStates(),
    runtime: host,
  });
  const returned = await forward({
    protocol: openAiChat,
    body: parseChatBody(Buffer.from(JSON.stringify({ messages, ...body }))),
    clientHeaders: {},
    candidates: host
      .agentTargets("main")
      .map((target) => createCandidate(target, { route: host.route, isHealthy: guards.isHealthy })),
    trace,
    meter: undefined,
    sink,
  });
  await dispatchers.close();
  return { returned, noted: trace.attempts.map(({ usage }) => usage) };
}

test("a call returns what its provider reports, as JSON and as a stream, without a virtual key", async () => {
  const provider = await startProvider();
  provider.behave("m1", json({ ...completion, usage: reported }));
  expect(await forwardTo(provider, {})).toEqual({ returned: counted, noted: [counted] });

  const pieces = [...ordinaryEvents().slice(0, -1), usageEvent, event("[DONE]")];
  provider.behave("m1", stream({ pieces }));
  expect(await forwardTo(provider, { stream: true })).toEqual({
    returned: counted,
    noted: [counted],
  });
  await provider.close();
});

test("a call whose provider reports nothing returns an estimate; a failed attempt has its own", async () => {
  const provider = await startProvider();
  provider.behave("m1", json({ error: { message: "no" } }, 500));
  provider.behave("m2", json(completion));
  const { returned, noted } = await forwardTo(provider, { max_tokens: 9 });
  const [failed, answered] = noted;
  expect(answered).toBe(returned);
  // Four bytes a token.
  expect(answered).toMatchObject({ tokensOut: Math.ceil(JSON.stringify(completion).length / 4) });
  expect(failed).toMatchObject({ tokensOut: 0 });
  await provider.close();
});
