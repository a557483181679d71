/** Takes the pictures of docs/page.md: real traffic through a real gateway, with Debian's `chromium` and `pngquant`. `node scripts/page-images.ts`. */
import { execFile } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createKeyText, keyDigest } from "../src/access/key-text.ts";
import { model, relayConfig } from "../test/e2e/relay-config.ts";
import { openTab, startBrowser } from "../test/support/browser.ts";
import { call } from "../test/support/client.ts";
import {
  freePort,
  gatewayToken,
  mergeConfig,
  scratchFolder,
  startGateway,
} from "../test/support/gateway.ts";
import { installPlugin, packPlugin } from "../test/support/install.ts";
import {
  event,
  json,
  ordinaryEvents,
  startProvider,
  type Behaviour,
} from "../test/support/provider.ts";

/** How long the traffic goes on before the pictures are taken. */
const trafficMs = Number(process.argv[2] ?? 90) * 1000;
const images = fileURLToPath(new URL("../docs/images", import.meta.url));

/** A stream whose first word takes some time, with its usage. */
const paced =
  (firstMs: number, tokens: number): Behaviour =>
  async ({ request, response }) => {
    await sleep(firstMs * (0.6 + Math.random()));
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const piece of ordinaryEvents().slice(0, -1)) {
      response.write(piece);
      await sleep(20 + Math.random() * 60);
    }
    const prompt = Math.ceil(request.body.length / 4) * 20;
    const usage = {
      prompt_tokens: prompt,
      completion_tokens: tokens,
      total_tokens: prompt + tokens,
      prompt_tokens_details: { cached_tokens: Math.round(prompt / 2) },
    };
    response.write(
      event({
        id: "c",
        object: "chat.completion.chunk",
        created: 1,
        model: "m",
        choices: [],
        usage,
      }),
    );
    response.end("data: [DONE]\n\n");
  };
const sometimes =
  (share: number, then: Behaviour, otherwise: Behaviour): Behaviour =>
  (exchange) =>
    Math.random() < share ? then(exchange) : otherwise(exchange);
const failing = (status: number) => json({ error: { message: "overloaded" } }, status);

const price = (input: number, output: number) => ({
  cost: { input, output, cacheRead: input / 10, cacheWrite: 0 },
});

const names = ["in-control-ui", "light", "waterfall", "dark", "390"].map(
  (name) => `page-${name}.png`,
);
const folder = await scratchFolder("images");
const provider = await startProvider();
const keys = { "support-bot": createKeyText(), voice: createKeyText(), nightly: createKeyText() };
const key = (id: string, text: string, more: object) => ({
  [id]: {
    id: id.replaceAll("-", ""),
    sha256: keyDigest(text).toString("hex"),
    models: ["*"],
    modes: ["light", "passthrough"],
    ...more,
  },
});
const vendor = (apiKey: string, ...models: object[]) => ({
  baseUrl: provider.baseUrl,
  apiKey,
  api: "openai-completions",
  models,
});
try {
  await installPlugin(folder, await packPlugin(folder));
  const gateway = await startGateway({
    stateFrom: join(folder, "state"),
    config: mergeConfig(relayConfig(provider), {
      gateway: { controlUi: { enabled: true } },
      models: {
        providers: {
          local: vendor("sk-1", model("qwen3-27b", price(0.05, 0.2)), model("m1"), model("m2")),
          cloud: vendor("sk-2", model("sonnet", price(3, 15)), model("haiku", price(0.8, 4))),
          spare: vendor("sk-3", model("gpt-mini", price(0.4, 1.6))),
        },
      },
      agents: {
        ownership: "explicit",
        defaults: {
          model: { primary: "local/qwen3-27b", fallbacks: ["cloud/haiku", "spare/gpt-mini"] },
        },
        entries: {
          main: {},
          support: { model: { primary: "cloud/sonnet", fallbacks: ["cloud/haiku"] } },
          voice: { model: { primary: "cloud/haiku", fallbacks: ["spare/gpt-mini"] } },
        },
      },
      plugins: {
        entries: {
          passthrough: {
            config: {
              listen: { port: await freePort() },
              upstream: { providers: { local: { maxConcurrent: 4 } } },
              keys: {
                ...key("support-bot", keys["support-bot"], {
                  requestsPerMinute: 240,
                  budgetUsdPerDay: 5,
                }),
                ...key("voice", keys.voice, { maxConcurrent: 4 }),
                ...key("nightly", keys.nightly, { requestsPerMinute: 30, budgetUsdPerDay: 0.05 }),
              },
            },
          },
        },
      },
    }),
  });
  const browser = await startBrowser();
  if (browser === undefined) {
    throw new Error("Install chromium.");
  }
  try {
    provider.behave("qwen3-27b", sometimes(0.25, failing(503), paced(350, 60)));
    provider.behave("sonnet", sometimes(0.01, failing(429), paced(420, 140)));
    provider.behave("haiku", paced(160, 50));
    provider.behave("gpt-mini", paced(220, 60));
    const ask = async (token: string, agent: string, body: object = {}) => {
      const isKey = token !== gatewayToken;
      await call(`${gateway.url}${isKey ? "/passthrough/v1" : "/v1"}/chat/completions`, {
        headers: { authorization: `Bearer ${token}` },
        body: {
          model: `openclaw/${agent}`,
          stream: true,
          messages: [{ role: "user", content: "word ".repeat(20 + Math.random() * 400) }],
          ...body,
        },
      }).catch(() => undefined);
    };
    const callers = [
      [keys["support-bot"], "support", 250],
      [keys["support-bot"], "support", 400],
      [keys.voice, "voice", 300],
      [keys.nightly, "main", 900],
      [gatewayToken, "main", 500],
      [gatewayToken, "support", 1500],
    ] as const;
    const endsAtMs = Date.now() + trafficMs;
    const traffic = Promise.all(
      callers.map(async ([token, agent, pauseMs], at) => {
        while (Date.now() < endsAtMs) {
          await ask(token, agent);
          if (at === 4 && Math.random() < 0.15) {
            await ask(token, "main", { model: "no-such/model" });
          }
          await sleep(pauseMs * (0.4 + Math.random() * 1.2));
        }
      }),
    );
    await mkdir(images, { recursive: true });
    const page = await browser.newPage();
    await page.setViewport({ width: 1440, height: 1000 });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
    await openTab(page, gateway, "Relay");
    await sleep(trafficMs - 15_000);
    await page.screenshot({ path: join(images, "page-in-control-ui.png") });

    const alone = async (theme: string, width: number, height: number) => {
      const own = await browser.newPage();
      await own.setViewport({ width, height });
      await own.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
      await own.setExtraHTTPHeaders({ authorization: `Bearer ${gatewayToken}` });
      // The page never finishes loading.
      void own.goto(`${gateway.url}/passthrough/ui?theme=${theme}`).catch(() => undefined);
      await own.waitForSelector("#figures .figure");
      await sleep(2500);
      return own;
    };
    const light = await alone("light", 1280, 1000);
    await light.screenshot({ path: join(images, "page-light.png") });
    await light.evaluate("document.getElementById('failed').click()");
    // One with several attempts.
    await light.evaluate(`
      const rows = [...document.querySelectorAll("#requests tr.pressable")];
      const row = rows.find((one) => Number.parseInt(one.children[5].textContent) > 1 && one.children[4].textContent.includes("/"));
      row?.querySelector("button").click();
    `);
    await sleep(300);
    await light.evaluate(
      "document.querySelector('#requests .detail')?.scrollIntoView({block: 'center'})",
    );
    await sleep(1500);
    await light.screenshot({ path: join(images, "page-waterfall.png") });
    const dark = await alone("dark", 1280, 1400);
    await dark.screenshot({ path: join(images, "page-dark.png") });
    const narrow = await alone("light", 390, 1700);
    await narrow.screenshot({ path: join(images, "page-390.png") });
    if (process.argv[3] !== undefined) {
      await narrow.evaluate(
        "document.querySelector('#providers').scrollIntoView({block: 'start'})",
      );
      await narrow.screenshot({ path: `${process.argv[3]}/providers-390.png` });
      await narrow.evaluate("document.querySelector('#requests').scrollIntoView({block: 'start'})");
      await narrow.screenshot({ path: `${process.argv[3]}/requests-390.png` });
    }
    await traffic;
    // Fewer colours, because every installation has these files.
    await promisify(execFile)("pngquant", [
      "--force",
      "--ext=.png",
      "160",
      ...names.map((name) => join(images, name)),
    ]);
  } finally {
    await browser.close();
    await gateway.close();
  }
} finally {
  await provider.close();
  await rm(folder, { recursive: true, force: true });
}
