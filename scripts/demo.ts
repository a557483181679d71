/**
 * The same question through core's endpoint and in each of our modes, in real gateways, side by side; the same to providers of
 * other protocols; and when streams begin while an agent works. `npm run demo`.
 *
 * --once             ends when the tables are printed; otherwise the relay's gateway stays up until Ctrl-C
 * --base-url URL     a real provider instead of the local one; its key is read from OPENAI_API_KEY
 * --model ID         the model to ask there
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createKeyText, keyDigest } from "../src/access/key-text.ts";
import {
  freePort,
  type Gateway,
  gatewayToken,
  mergeConfig,
  scratchFolder,
  startGateway,
} from "../test/support/gateway.ts";
import { installPlugin, packPlugin } from "../test/support/install.ts";
import { startProvider } from "../test/support/provider.ts";
import { measureFirstBytes, streamCount, streamsPerSecond } from "./demo/first-bytes.ts";
import { ask, measure, type Way } from "./demo/measure.ts";
import { type Meter, startMeter } from "./demo/meter.ts";
import { firstByteTable, table } from "./demo/table.ts";
import { startTranslated } from "./demo/translated.ts";

const { values: options } = parseArgs({
  options: {
    once: { type: "boolean", default: false },
    "base-url": { type: "string" },
    model: { type: "string", default: "demo-model" },
  },
});

/** Cleanups, which run in reverse order. */
const cleanups: (() => Promise<void>)[] = [];
let ending: Promise<void> | undefined;

function end(): Promise<void> {
  ending ??= (async () => {
    for (const cleanup of cleanups.toReversed()) {
      await cleanup().catch(() => undefined);
    }
  })();
  return ending;
}

const stepCount = 5;
let stepNumber = 0;
/** Prints what the current step is doing. */
type Say = (what: string) => void;

/** Runs a step of the demo and prints its title, its progress with a dot a second, and its duration. */
async function step<T>(title: string, run: (say: Say) => Promise<T>): Promise<T> {
  stepNumber += 1;
  const startedAtMs = performance.now();
  process.stderr.write(`[${stepNumber}/${stepCount}] ${title} `);
  const dots = setInterval(() => process.stderr.write("."), 1000);
  try {
    const result = await run((what) => process.stderr.write(`\n      ${what} `));
    const seconds = (performance.now() - startedAtMs) / 1000;
    process.stderr.write(` done in ${seconds.toFixed(1)} s\n`);
    return result;
  } finally {
    clearInterval(dots);
  }
}

/** A model for `models.providers.<id>.models`. */
function model(id: string): Record<string, unknown> {
  return {
    id,
    name: id,
    contextWindow: 128_000,
    maxTokens: 4096,
    input: ["text"],
    reasoning: false,
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  };
}

function hostConfig(meter: Meter, more: Record<string, unknown>): Record<string, unknown> {
  const shared = {
    models: {
      mode: "merge",
      providers: {
        demo: {
          baseUrl: meter.baseUrl,
          apiKey: { source: "env", provider: "default", id: "DEMO_PROVIDER_KEY" },
          api: "openai-completions",
          models: [model(options.model)],
        },
      },
    },
    agents: { defaults: { model: `demo/${options.model}` } },
  };
  return mergeConfig(shared, more);
}

async function gateway(stateFrom: string, config: Record<string, unknown>): Promise<Gateway> {
  const env = { DEMO_PROVIDER_KEY: process.env["OPENAI_API_KEY"] ?? "sk-demo" };
  const started = await startGateway({ stateFrom, config, env });
  cleanups.push(() => started.close());
  return started;
}

async function demo(): Promise<void> {
  const folder = await scratchFolder("demo");
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const tarball = await step("Building and packing the plugin", () => packPlugin(folder));
  await step("openclaw plugins install", () => installPlugin(folder, tarball));
  const state = join(folder, "state");

  const local = await startProvider();
  cleanups.push(() => local.close());
  const target = options["base-url"]?.replace(/\/+$/, "") ?? local.baseUrl;
  const meter = await startMeter(target);
  cleanups.push(() => meter.close());
  const translated = await startTranslated();
  cleanups.push(...translated.map(({ close }) => close));
  /** First bytes are measured with a provider that answers at once: a model's own time would hide the rest. */
  const useLocalProvider = () => meter.forwardTo(local.baseUrl);
  const useTarget = () => meter.forwardTo(target);

  const starting = "starting a gateway";
  const asking = "asking, and waiting until the gateway has written to disk";
  const streaming = "starting streams, first alone, then with an agent at work";

  const core = await step("Core's endpoint", async (say) => {
    const endpoints = { chatCompletions: { enabled: true } };
    say(starting);
    const started = await gateway(state, hostConfig(meter, { gateway: { http: { endpoints } } }));
    await ask(started);
    say(asking);
    const measured = await measure(started, { "core's endpoint": { meter } });
    say(streaming);
    useLocalProvider();
    const streams = await measureFirstBytes(
      [{ title: "core's endpoint", baseUrl: `${started.url}/v1`, bearerToken: gatewayToken }],
      () => ask(started),
    );
    await started.close();
    // Only now: the run of a stream that was left may still ask its model.
    useTarget();
    return { measured, streams };
  });
  const relayWith = (config: Record<string, unknown>, more: Record<string, unknown> = {}) => {
    const plugins = { entries: { passthrough: { enabled: true, config } } };
    return gateway(state, hostConfig(meter, { plugins, ...more }));
  };
  const agent = await step("Agent mode", async (say) => {
    say(starting);
    const started = await relayWith({ mode: "agent" });
    await ask(started);
    say(asking);
    const measured = await measure(started, { agent: { meter } });
    await started.close();
    return measured;
  });
  const relayed = await step("Passthrough and light mode", async (say) => {
    say(starting);
    const listen = { host: "127.0.0.1", port: await freePort() };
    const key = createKeyText();
    const started = await relayWith(
      {
        mode: "passthrough",
        defaultAgent: "main",
        agents: { working: { mode: "agent" } },
        keys: { demo: { id: "demo", sha256: keyDigest(key).toString("hex") } },
        listen,
      },
      {
        agents: {
          ownership: "explicit",
          entries: {
            main: {},
            working: {},
            ...Object.fromEntries(translated.map(({ id, modelRef }) => [id, { model: modelRef }])),
          },
        },
        models: {
          providers: Object.fromEntries(
            translated.map(({ id, config, modelId }) => [
              id,
              { ...config, models: [model(modelId)] },
            ]),
          ),
        },
      },
    );
    for (const id of ["main", ...translated.map((provider) => provider.id)]) {
      const workspace = join(started.folder, "workspace", id);
      await mkdir(workspace, { recursive: true });
      await writeFile(join(workspace, "SOUL.md"), "You are Ada.\nBe short.\n");
    }
    const inLight = { "x-openclaw-light-context": "true" };
    const relayedWays = { light: { meter, headers: inLight }, passthrough: { meter } };
    const translatedWays = Object.fromEntries(
      translated.flatMap(({ id, title, meter: its }) => {
        const headers = { "x-openclaw-agent-id": id };
        return [
          [`${title}, light`, { meter: its, headers: { ...headers, ...inLight } }],
          [`${title}, passthrough`, { meter: its, headers }],
        ];
      }),
    );
    const ways: Way[] = Object.values({ ...relayedWays, ...translatedWays });
    // Warm up all before measuring any, so that what they share is warm for each.
    for (const { headers } of ways) {
      await ask(started, headers);
    }
    say(asking);
    const measured = await measure(started, relayedWays);
    const measuredTranslated = await measure(started, translatedWays);
    say(streaming);
    const listenerUrl = `http://${listen.host}:${listen.port}/v1`;
    const runAgent = () => ask(started, { "x-openclaw-agent-id": "working" });
    useLocalProvider();
    const streams = await measureFirstBytes(
      [
        {
          title: "ours, /passthrough/v1",
          baseUrl: `${started.url}/passthrough/v1`,
          bearerToken: key,
        },
        { title: "ours, its own listener", baseUrl: listenerUrl, bearerToken: key },
      ],
      runAgent,
    );
    useTarget();
    return { measured, translated: measuredTranslated, streams, gateway: started };
  });
  console.log(`\n${table("one call, warm", { ...core.measured, ...agent, ...relayed.measured })}

${table("translated", relayed.translated)}

Translated: to local providers that speak the protocols of Claude and Gemini.

${firstByteTable([...core.streams, ...relayed.streams])}

${streamCount} streams each, ${streamsPerSecond} a second, left at their first byte, with a local provider.
At work: one agent turn after another, in the same gateway.
`);

  if (!options.once) {
    console.log(`The relay is up. Ask it something (the token is that of this scratch gateway):

curl -N ${relayed.gateway.url}/v1/chat/completions -H 'Authorization: Bearer ${gatewayToken}' \\
  -d '{"model": "openclaw", "stream": true, "messages": [{"role": "user", "content": "Say hi."}]}'

Ctrl-C stops it and removes everything.`);
    await new Promise<void>((resolve) => {
      stop = resolve;
    });
  }
}

let stop: () => void = () => undefined;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (ending === undefined) {
      process.stderr.write("\nStopping: the gateways end, and their folders are removed.\n");
    }
    stop();
    void end().then(() => process.exit(0));
  });
}
try {
  await demo();
} catch (error) {
  if (ending === undefined) {
    console.error(`\n${(error as Error).message}`);
    process.exitCode = 1;
  }
} finally {
  await end();
}
