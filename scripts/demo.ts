/**
 * The same question through core's endpoint and in each of our modes, in real gateways, side by side. `npm run demo`.
 *
 * --once             ends when the table is printed; otherwise the relay's gateway stays up until Ctrl-C
 * --base-url URL     a real provider instead of the local one; its key is read from OPENAI_API_KEY
 * --model ID         the model to ask there
 */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  type Gateway,
  gatewayToken,
  scratchFolder,
  startGateway,
} from "../test/support/gateway.ts";
import { installPlugin, packPlugin } from "../test/support/install.ts";
import { startProvider } from "../test/support/provider.ts";
import { measure, warmUp } from "./demo/measure.ts";
import { type Meter, startMeter } from "./demo/meter.ts";
import { table } from "./demo/table.ts";

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

function hostConfig(meter: Meter, more: Record<string, unknown>): Record<string, unknown> {
  return {
    models: {
      mode: "merge",
      providers: {
        demo: {
          baseUrl: meter.baseUrl,
          apiKey: { source: "env", provider: "default", id: "DEMO_PROVIDER_KEY" },
          api: "openai-completions",
          models: [
            {
              id: options.model,
              name: options.model,
              contextWindow: 128_000,
              maxTokens: 4096,
              input: ["text"],
              reasoning: false,
              cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
            },
          ],
        },
      },
    },
    agents: { defaults: { model: `demo/${options.model}` } },
    ...more,
  };
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

  let target = options["base-url"];
  if (target === undefined) {
    const provider = await startProvider();
    cleanups.push(() => provider.close());
    target = provider.baseUrl;
  }
  const meter = await startMeter(target.replace(/\/+$/, ""));
  cleanups.push(() => meter.close());

  const core = await step("Core's endpoint", async (say) => {
    const endpoints = { chatCompletions: { enabled: true } };
    say("starting a gateway");
    const started = await gateway(state, hostConfig(meter, { gateway: { http: { endpoints } } }));
    await warmUp(started);
    say("asking, and waiting until the gateway has written to disk");
    const measured = await measure(started, meter);
    await started.close();
    return measured;
  });
  const relayIn = (mode: string) => {
    const plugins = { entries: { passthrough: { enabled: true, config: { mode } } } };
    return gateway(state, hostConfig(meter, { plugins }));
  };
  const agent = await step("Agent mode", async (say) => {
    say("starting a gateway");
    const started = await relayIn("agent");
    await warmUp(started);
    say("asking, and waiting until the gateway has written to disk");
    const measured = await measure(started, meter);
    await started.close();
    return measured;
  });
  const { passthrough, light, relay } = await step("Passthrough and light mode", async (say) => {
    say("starting a gateway");
    const started = await relayIn("passthrough");
    await writeFile(join(started.folder, "workspace", "SOUL.md"), "You are Ada.\nBe short.\n");
    const inLight = { "x-openclaw-light-context": "true" };
    // Warm up both modes before measuring either, so that what they share is warm for both.
    await warmUp(started);
    await warmUp(started, inLight);
    say("asking, and waiting until the gateway has written to disk");
    return {
      passthrough: await measure(started, meter),
      light: await measure(started, meter, inLight),
      relay: started,
    };
  });
  console.log(`\n${table({ "core's endpoint": core, agent, light, passthrough })}\n`);

  if (!options.once) {
    console.log(`The relay is up. Ask it something (the token is that of this scratch gateway):

curl -N ${relay.url}/v1/chat/completions -H 'Authorization: Bearer ${gatewayToken}' \\
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
