/** Circuits, queues and keep-alives, through a real gateway. The rest is in failover.test.ts and in test/integration. */
import { expect, test } from "vitest";
import { call, countKeepAlives, until } from "../support/client.ts";
import { runHost } from "../support/install.ts";
import { countingConcurrency, json, ordinaryEvents, stream } from "../support/provider.ts";
import { entries, messages, useGateway } from "./fixture.ts";
import { model } from "./relay-config.ts";

const fixture = useGateway({
  config: (provider) => ({
    models: {
      providers: {
        slot: {
          baseUrl: provider.baseUrl,
          apiKey: "sk-slot",
          api: "openai-completions",
          models: [model("s1")],
        },
      },
    },
    plugins: {
      entries: {
        passthrough: {
          config: {
            upstream: {
              retries: 0,
              breaker: { failures: 2, resetMs: 5000 },
              providers: { slot: { maxConcurrent: 1, queueTimeoutMs: 60_000 } },
            },
            sse: { keepAliveMs: 50 },
          },
        },
      },
    },
  }),
});
/** The entries take turns. */
const ask = (at: number, more: Record<string, unknown> = {}) =>
  fixture
    .through(entries[at % entries.length] ?? entries[0])
    .call("/chat/completions", { messages, ...more });

test("opens the circuit of a failing target for all entries and closes it after the target recovers", async () => {
  fixture.provider.behave("m1", json({ error: { message: "down" } }, 500));
  const served: unknown[] = [];
  for (let at = 0; at < 5; at += 1) {
    served.push((await ask(at)).headers["x-openclaw-model"]);
  }
  expect(served).toEqual(["m2", "m2", "m2", "m2", "m2"]);
  expect(fixture.provider.requests.filter(({ json: { model: id } }) => id === "m1")).toHaveLength(
    2,
  );
  const status = JSON.parse(
    await runHost(fixture.gateway.folder, ["gateway", "call", "passthrough.status", "--json"]),
  );
  expect(status.upstream.openCircuits).toEqual(["local/m1"]);

  fixture.provider.behave("m1", json({ id: "well" }));
  await until(async () => (await ask(0)).headers["x-openclaw-model"] === "m1");
  await until(() => fixture.gateway.output().includes("the circuit to local/m1 is closed"));
});

test("a single-slot server gets one request at a time, from all entries together", async () => {
  const counted = countingConcurrency(60, json({ id: "x" }));
  fixture.provider.behave("s1", counted.behaviour);
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, at) => ask(at, { model: "slot/s1" })),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
  expect(counted.most).toBe(1);
});

test.each(entries)(
  "a client that waits at $name gets keep-alive comments until the stream starts",
  async (entry) => {
    const { heard, onBody } = countKeepAlives(2);
    fixture.provider.behave("m1", async (exchange) => {
      await heard;
      await stream()(exchange);
    });
    const { url, authorization } = fixture.through(entry);
    const answer = await call(`${url}/chat/completions`, {
      body: { messages, stream: true },
      headers: { authorization },
      onBody,
    });
    const text = answer.body.toString();
    expect(text).toMatch(/^(?:: keepalive\n){2,}data: /);
    expect(text.replaceAll(": keepalive\n", "")).toBe(ordinaryEvents().join(""));
  },
);
