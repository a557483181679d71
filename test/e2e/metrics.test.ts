/** The metrics of a real gateway, read by promtool and by Prometheus itself, with the config of docs/metrics.md. */
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, type TestContext, test } from "vitest";
import { dashboard } from "../../scripts/dashboard.ts";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import { call, until } from "../support/client.ts";
import { freePort, gatewayToken } from "../support/gateway.ts";
import { runHost } from "../support/install.ts";
import { parseMetrics, valuesOf } from "../support/open-metrics.ts";
import { json } from "../support/provider.ts";
import { adapted, missing, run, type Running } from "../support/proxies.ts";
import { impatientConfig, messages, useGateway } from "./fixture.ts";
import { mergeConfig } from "../support/gateway.ts";

const botKey = createKeyText();
const fixture = useGateway({
  config: (provider) =>
    mergeConfig(impatientConfig(provider), {
      plugins: {
        entries: {
          passthrough: {
            config: {
              keys: {
                bot: {
                  id: "bot",
                  sha256: keyDigest(botKey).toString("hex"),
                  modes: ["passthrough"],
                  budgetUsdPerDay: 5,
                },
              },
            },
          },
        },
      },
    }),
});

let metricsKey = "";
let folder = "";
let lacking: string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "openclaw-passthrough-metrics-"));
  lacking = await missing(["promtool", "prometheus"]);
  const made = await runHost(fixture.gateway.folder, [
    "passthrough",
    "keys",
    "create",
    "prometheus",
    "--metrics",
  ]);
  metricsKey = made.trim().split("\n").at(-1) ?? "";
  await until(async () => (await get(metricsKey)).status === 200);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const get = (token: string, path = "/passthrough/metrics", port = fixture.gateway.port) =>
  call(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `Bearer ${token}` } });
/** A stream that falls back. */
const ask = async () => {
  fixture.provider.behave("m1", json({ error: { message: "no" } }, 503));
  await call(`${fixture.gateway.url}/passthrough/v1/chat/completions`, {
    body: { model: "openclaw", messages, stream: true },
    headers: { authorization: `Bearer ${botKey}` },
  });
};

/** 429 after ten wrong keys: the wait for the new key may have sent as many. */
const refused = [401, 429];

describe("who may read", () => {
  test("a key for metrics on the gateway's port and at the listener, and nothing else there", async () => {
    expect((await get(metricsKey)).status).toBe(200);
    const { listenPort } = fixture;
    expect((await get(metricsKey, "/passthrough/metrics", listenPort)).status).toBe(200);
    expect((await get(metricsKey, "/passthrough/v1/models")).status).toBe(403);
    expect((await get(metricsKey, "/v1/models", listenPort)).status).toBe(403);
    expect((await get(botKey)).status).toBe(403);
    expect((await get(botKey, "/passthrough/metrics", listenPort)).status).toBe(403);
    expect(refused).toContain((await get(gatewayToken)).status);
  });

  test("an operator at the path of the gateway's own authentication", async () => {
    const path = "/passthrough/operator/metrics";
    const { status, body } = await get(gatewayToken, path);
    expect(status).toBe(200);
    parseMetrics(body.toString(), "text");
    expect(refused).toContain((await get(metricsKey, path)).status);
    expect(refused).toContain((await get(gatewayToken, path, fixture.listenPort)).status);
  });
});

test("a request that fell back is in the metrics", async () => {
  await ask();
  await until(async () => {
    const families = parseMetrics((await get(metricsKey)).body.toString(), "text");
    return valuesOf(families, "passthrough_fallbacks_total", { to: "backup/b1" }).length === 1;
  });
});

let isReported = false;
function skipIfLacking({ task, skip }: TestContext): void {
  if (lacking.length > 0) {
    const leftOut = `the metrics in Prometheus: not installed: ${lacking.join(", ")}`;
    // One line for all tests.
    if (!isReported) {
      task.meta.leftOut = leftOut;
      isReported = true;
    }
    skip(leftOut);
  }
}

const monitoring = fileURLToPath(new URL("../../docs/monitoring", import.meta.url));
const support = fileURLToPath(new URL("../support", import.meta.url));

describe("Prometheus' own tools", () => {
  test("promtool finds nothing wrong with the metrics", async (context) => {
    skipIfLacking(context);
    await ask();
    const { body } = await get(metricsKey);
    const checked = promisify(execFile)("promtool", ["check", "metrics"]);
    checked.child.stdin?.end(body);
    expect((await checked).stderr).toBe("");
  });

  test("each alert fires when it should, and not when it should not", async (context) => {
    skipIfLacking(context);
    await copyFile(join(monitoring, "alerts.rules.yml"), join(folder, "alerts.rules.yml"));
    await copyFile(join(support, "alert-cases.yml"), join(folder, "cases.yml"));
    const promtool = (...args: string[]) => promisify(execFile)("promtool", args, { cwd: folder });
    expect((await promtool("check", "rules", "alerts.rules.yml")).stdout).toContain("6 rules");
    expect((await promtool("test", "rules", "cases.yml")).stdout).toContain("SUCCESS");
  });
});

describe("Prometheus itself, with the config of docs/metrics.md", () => {
  let running: Running | undefined;
  afterAll(() => running?.stop());

  const query = async (expression: string) => {
    const base = `http://127.0.0.1:${running?.port}/api/v1/query`;
    const { body } = await call(`${base}?query=${encodeURIComponent(expression)}`);
    const answer: { status: string; error?: string; data?: { result: unknown[] } } = JSON.parse(
      body.toString(),
    );
    return { error: answer.error, found: answer.data?.result.length ?? 0 };
  };

  test("reads OpenMetrics by the key, and every panel of the dashboard has its data", async (context) => {
    skipIfLacking(context);
    const page = await readFile(new URL("../../docs/metrics.md", import.meta.url), "utf8");
    const [, documented = ""] = /```yaml\n([^]*?)```/.exec(page) ?? [];
    await copyFile(join(monitoring, "alerts.rules.yml"), join(folder, "alerts.rules.yml"));
    const keyFile = join(folder, "passthrough.key");
    await writeFile(keyFile, metricsKey);
    const config = adapted(documented, [
      ["/etc/prometheus/passthrough.key", keyFile],
      ["127.0.0.1:18789", `127.0.0.1:${fixture.gateway.port}`],
      ["alerts.rules.yml", join(folder, "alerts.rules.yml")],
    ]);
    const own = await mkdtemp(join(tmpdir(), "openclaw-passthrough-prometheus-"));
    await writeFile(join(own, "p.yml"), `global: {scrape_interval: 1s}\n${config}`);
    const port = await freePort();
    running = await run({
      command: "prometheus",
      args: [
        `--config.file=${join(own, "p.yml")}`,
        `--storage.tsdb.path=${join(own, "data")}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      folder: own,
      port,
    });
    await until(async () => (await call(`http://127.0.0.1:${port}/-/ready`)).status === 200);
    const isUp = async () => (await query('up{job="passthrough"} == 1')).found === 1;
    await until(isUp, 60_000);
    // A rate needs counts before and after.
    await until(async () => {
      await ask();
      const moved = 'rate(passthrough_fallbacks_total{to="backup/b1"}[1m]) > 0';
      return (await query(moved)).found === 1;
    }, 60_000);
    expect((await query("up == 0")).found).toBe(0);
    const expressions = (dashboard.panels ?? [])
      .flatMap((panel) => ("targets" in panel ? (panel.targets ?? []) : []))
      .map((target) =>
        String(target["expr"]).replaceAll("$__rate_interval", "1m").replaceAll("$instance", ".*"),
      );
    const answers = await Promise.all(
      expressions.map(async (expression) => ({ expression, answer: await query(expression) })),
    );
    expect(answers.filter(({ answer }) => answer.error !== undefined)).toEqual([]);
    const empty = answers
      .filter(({ answer }) => answer.found === 0)
      .map(({ expression }) => expression);
    // Nothing was refused by a limit or cost anything, no cache was read, and no full agent turn was measured.
    const mayBeEmpty = /limit_refusals|cost_usd|cache_read|estimate|fault!=""/;
    expect(empty.filter((expression) => !mayBeEmpty.test(expression))).toEqual([]);
  });
});
