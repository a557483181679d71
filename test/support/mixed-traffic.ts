/** Many requests of all kinds at once, and what their callers and the provider saw of them. */
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import { json, ordinaryEvents, type Provider, stream } from "./provider.ts";

/** What one caller saw: a status, or `left` if it disconnected. */
export type Seen = number | "left";

interface Kind {
  readonly name: string;
  readonly body: object | string;
  readonly key: string;
  /** Whether the caller disconnects once the answer has begun. */
  readonly leaves?: boolean;
}

export interface TrafficKeys {
  readonly bot: string;
  readonly limited: string;
  /** Reads metrics only. */
  readonly prometheus: string;
}

export const trafficKeys: TrafficKeys = {
  bot: createKeyText(),
  limited: createKeyText(),
  prometheus: createKeyText(),
};

const keySettings = (id: string, text: string, more: object) => ({
  id,
  sha256: keyDigest(text).toString("hex"),
  modes: ["passthrough", "light", "agent"],
  models: ["*"],
  ...more,
});

/** Three providers with a model each, of which two fail; two keys, of which one has a limit; an agent that runs. */
export function trafficConfig(provider: Provider): Record<string, unknown> {
  const providerOf = (id: string) => ({
    baseUrl: provider.baseUrl,
    apiKey: `sk-${id}`,
    api: "openai-completions",
    models: [
      {
        id: `${id}-model`,
        name: `${id}-model`,
        contextWindow: 128_000,
        maxTokens: 4096,
        input: ["text"],
        reasoning: false,
        cost: { input: 1, output: 2, cacheRead: 0, cacheWrite: 0 },
      },
    ],
  });
  const config = {
    mode: "passthrough",
    defaultAgent: "main",
    agents: { runner: { mode: "agent" } },
    upstream: { retries: 1, breaker: { failures: 1000, resetMs: 50 } },
    keys: {
      bot: keySettings("bot1", trafficKeys.bot, {}),
      limited: keySettings("limited1", trafficKeys.limited, { requestsPerMinute: 100 }),
      prometheus: keySettings("prometheus1", trafficKeys.prometheus, { metrics: true }),
    },
  };
  return {
    models: {
      providers: { good: providerOf("good"), flaky: providerOf("flaky"), dead: providerOf("dead") },
    },
    agents: {
      ownership: "explicit",
      defaults: { model: { primary: "good/good-model" } },
      entries: {
        main: {
          model: {
            primary: "dead/dead-model",
            fallbacks: ["flaky/flaky-model", "good/good-model"],
          },
        },
        runner: { model: { primary: "good/good-model" } },
      },
    },
    plugins: { entries: { passthrough: { config } } },
  };
}

/** Sets how the three models answer: well, badly every second time, and never. */
export function behaveMixed(provider: Provider): void {
  const failure = json({ error: { message: "overloaded" } }, 503);
  const slow = stream({ pieces: ordinaryEvents().slice(0, 2), ending: "silence" });
  const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 };
  const whole = {
    id: "c",
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [
      { index: 0, message: { role: "assistant", content: secretAnswer }, finish_reason: "stop" },
    ],
    usage,
  };
  const well: Parameters<Provider["behave"]>[1] = (exchange) => {
    const { json: body, body: bytes } = exchange.request;
    if (bytes.includes("please hang")) {
      return slow(exchange);
    }
    const events = ordinaryEvents([secretAnswer, "!"]);
    events.splice(-1, 0, `data: ${JSON.stringify({ ...chunkHead, choices: [], usage })}\n\n`);
    return (body.stream === true ? stream({ pieces: events }) : json(whole))(exchange);
  };
  let count = 0;
  provider.behave("good-model", well);
  provider.behave("flaky-model", (exchange) => {
    count += 1;
    return (count % 2 === 0 ? well : failure)(exchange);
  });
  provider.behave("dead-model", failure);
}

const chunkHead = { id: "c", object: "chat.completion.chunk", created: 1, model: "m" };

/** What no view may show. */
export const secretPrompt = "canary-of-a-prompt";
export const secretAnswer = "canary-of-an-answer";

const chat = (model: string, more: object = {}) => ({
  model,
  messages: [{ role: "user", content: secretPrompt }],
  ...more,
});

/** In each twenty requests, these. */
function kinds({ bot, limited }: TrafficKeys): readonly Kind[] {
  const good = { name: "good", key: bot, body: chat("good/good-model") };
  const streamed = { ...good, name: "stream", body: chat("good/good-model", { stream: true }) };
  const chain = { name: "chain", key: bot, body: chat("openclaw/main") };
  return [
    ...Array.from({ length: 6 }, () => good),
    ...Array.from({ length: 5 }, () => streamed),
    chain,
    { ...chain, name: "chain stream", body: chat("openclaw/main", { stream: true }) },
    { name: "flaky", key: bot, body: chat("flaky/flaky-model") },
    { name: "dead", key: bot, body: chat("dead/dead-model") },
    { name: "invalid", key: bot, body: { model: "good/good-model", messages: 5 } },
    { name: "unknown model", key: bot, body: chat("nobody/<b>made-up</b>") },
    { name: "limited", key: limited, body: chat("good/good-model") },
    { name: "limited stream", key: limited, body: chat("good/good-model", { stream: true }) },
    {
      name: "leaving",
      key: bot,
      leaves: true,
      body: {
        model: "good/good-model",
        stream: true,
        messages: [{ role: "user", content: "please hang" }],
      },
    },
  ];
}

/**
 * Sends requests to a base URL, 32 at a time.
 * @param count a multiple of 20.
 * @returns what each caller saw.
 */
export async function sendMixed(baseUrl: string, count: number): Promise<readonly Seen[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const all = kinds(trafficKeys);
  const seen: Seen[] = [];
  let next = 0;
  const work = async () => {
    while (next < count) {
      const kind = all[next % all.length];
      next += 1;
      if (kind !== undefined) {
        seen.push(await send(baseUrl, kind, agent));
      }
    }
  };
  await Promise.all(Array.from({ length: 32 }, work));
  agent.destroy();
  return seen;
}

function send(baseUrl: string, { body, key, leaves = false }: Kind, agent: Agent): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${baseUrl}/chat/completions`, {
      ...(leaves ? { agent: false } : { agent }),
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    });
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      response.on("error", () => undefined);
      if (leaves) {
        outgoing.destroy();
        resolve("left");
        return;
      }
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
    });
    outgoing.end(JSON.stringify(body));
  });
}

/** Waits until the relay has counted all requests: it counts one after its client has the answer. */
export async function untilCounted(
  count: number,
  read: () => Promise<{ readonly requests: number; readonly openRequests: number }>,
): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const { requests, openRequests } = await read();
    if (requests >= count && openRequests === 0) {
      return;
    }
    await sleep(200);
  }
  throw new Error(`the relay has not counted ${count} requests`);
}
