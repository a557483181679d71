/** An outage of everything at once, as docs/operations.md has it: each view finds it and says what to do. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import type { Problem } from "../../src/control/problems.ts";
import type { Status } from "../../src/control/status.ts";
import { planeProblems } from "../../src/doctor/plane-problems.ts";
import { call, open } from "../support/client.ts";
import { gatewayToken } from "../support/gateway.ts";
import { runHost } from "../support/install.ts";
import { countingConcurrency, json, type Provider } from "../support/provider.ts";
import { messages, useGateway } from "./fixture.ts";
import { model } from "./relay-config.ts";

const keys = { limited: createKeyText(), paying: createKeyText(), prometheus: createKeyText() };
const settings = (name: keyof typeof keys, more: object) => ({
  id: name,
  sha256: keyDigest(keys[name]).toString("hex"),
  modes: ["passthrough"],
  models: ["*"],
  ...more,
});
/** A dollar a request: a million prompt tokens for a dollar. */
const price = { input: 1, output: 0, cacheRead: 0, cacheWrite: 0 };

const fixture = useGateway({
  config: (provider: Provider) => {
    const ids = ["dead", "shaky", "locked", "single", "narrow"] as const;
    const providers = ids.map((id) => [
      id,
      {
        baseUrl: provider.baseUrl,
        apiKey: `sk-${id}`,
        api: "openai-completions",
        models: [model(`${id}-m`, { cost: price })],
      },
    ]);
    const config = {
      agents: { nobody: { mode: "light" } },
      upstream: {
        retries: 0,
        breaker: { failures: 5, resetMs: 600_000 },
        providers: {
          single: { maxConcurrent: 1, queueTimeoutMs: 120_000 },
          narrow: { maxConcurrent: 1, queueTimeoutMs: 1 },
        },
      },
      keys: {
        limited: settings("limited", { requestsPerMinute: 1 }),
        paying: settings("paying", { budgetUsdPerDay: 1 }),
        prometheus: { ...settings("prometheus", {}), modes: ["passthrough"], metrics: true },
      },
    };
    return {
      models: { providers: Object.fromEntries(providers) },
      plugins: { entries: { passthrough: { config } } },
    };
  },
});

const passthrough = (...args: string[]) =>
  runHost(fixture.gateway.folder, ["passthrough", ...args]);
const ask = (name: string, key?: string) =>
  call(`${fixture.gateway.url}${key === undefined ? "" : "/passthrough"}/v1/chat/completions`, {
    headers: { authorization: `Bearer ${key ?? gatewayToken}` },
    body: { model: name, messages },
  });

const hello = (promptTokens: number) =>
  json({
    object: "chat.completion",
    choices: [{ index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" }],
    usage: { prompt_tokens: promptTokens, completion_tokens: 1, total_tokens: promptTokens + 1 },
  });

/** What each view says during the outage. */
const said = { status: "", doctor: [] as readonly Problem[], metrics: "", log: "" };
let status: Status;

beforeAll(async () => {
  const { provider } = fixture;
  const failure = json({ error: { message: "overloaded" } }, 503);
  const slow = countingConcurrency(60_000, json({}));
  provider.behave("dead-m", failure);
  provider.behave("shaky-m", failure);
  provider.behave("locked-m", json({ error: { message: "bad key" } }, 401));
  provider.behave("single-m", slow.behaviour);
  provider.behave("narrow-m", slow.behaviour);
  provider.behave("m1", hello(5));
  for (let at = 0; at < 6; at += 1) {
    await ask("dead/dead-m");
  }
  await ask("shaky/shaky-m");
  await ask("locked/locked-m");
  await ask("local/m1", keys.limited);
  await ask("local/m1", keys.limited);
  // It costs 85 cents.
  provider.behave("shaky-m", hello(850_000));
  await ask("shaky/shaky-m", keys.paying);
  const waiting = ["single", "single", "narrow", "narrow"].map((id) => ask(`${id}/${id}-m`));
  for (const answer of waiting) {
    void answer.catch(() => undefined);
  }
  await new Promise((resolve) => {
    setTimeout(resolve, 1000);
  });
  said.status = await passthrough("status");
  status = JSON.parse(await passthrough("status", "--json"));
  const doctor = await passthrough("doctor", "--json").catch((error: unknown) =>
    typeof error === "object" && error !== null && "stdout" in error ? String(error.stdout) : "",
  );
  said.doctor = (JSON.parse(doctor) as { problems: Problem[] }).problems;
  const scraped = await open(`${fixture.gateway.url}/passthrough/metrics`, {
    headers: { authorization: `Bearer ${keys.prometheus}` },
  });
  for await (const part of scraped.stream) {
    said.metrics += String(part);
  }
  said.log = fixture.gateway.output();
}, 300_000);

/** The first cells of the runbook's table. */
const page = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");
const symptoms = page
  .slice(page.indexOf("## What you see"), page.indexOf("| Elsewhere"))
  .split("\n")
  .flatMap((line) => /^\| `([^`]+)`/.exec(line)?.[1] ?? []);

/** What only another gateway shows; each has a test of its own. */
const elsewhere: Readonly<Record<string, string>> = {
  "The data plane has ended": planeProblems({
    problem: undefined,
    deaths: 1,
    lastDeath: "it exited with 1",
  })
    .map(({ message }) => message)
    .join(""),
  // test/e2e/refusals.test.ts
  "Core's own endpoint answers": "Core's own endpoint answers",
  // test/e2e/console.test.ts
  "No gateway runs at the configured address.": "No gateway runs at the configured address.",
};

describe("during an outage", () => {
  test("the runbook has symptoms to look for", () => {
    expect(symptoms.length).toBeGreaterThan(8);
  });

  test.each(symptoms)("the status says: %s", (symptom) => {
    // Lines are wrapped.
    const words = said.status.replaceAll(/\s+/g, " ");
    expect(elsewhere[symptom] ?? words).toContain(symptom);
  });

  test("the doctor has the same problems as the status", () => {
    const paths = (problems: readonly Problem[]) => problems.map(({ path }) => path);
    expect(paths(said.doctor)).toEqual(paths(status.problems));
    expect(paths(status.problems)).toEqual(
      expect.arrayContaining([
        "provider dead",
        "provider locked",
        "provider single",
        "key limited",
        "key paying",
        "relay",
        "plugins.entries.passthrough.config.agents.nobody",
      ]),
    );
  });

  test("the metrics show the open circuit, the refused credential and the used budget", () => {
    expect(said.metrics).toMatch(/^passthrough_circuit_state\{[^}]*model="dead-m"[^}]*\} 2$/m);
    expect(said.metrics).toMatch(/^passthrough_credentials_refused\{provider="locked"\} 1$/m);
    expect(said.metrics).toMatch(
      /^passthrough_key_budget_used_ratio\{key="paying",period="day"\} 0\.85/m,
    );
    expect(said.metrics).toMatch(
      /^passthrough_limit_refusals_total\{key="limited",limit="requests"\} 1$/m,
    );
  });

  test("the log has the failures, the circuit, the credential and the problem of the config", () => {
    expect(said.log).toContain("dead/dead-m upstream_failed 503");
    expect(said.log).toContain("the circuit to dead/dead-m is open");
    expect(said.log).toContain("the provider locked refused the credential");
    expect(said.log).toContain('There is no agent "nobody"');
  });

  test("a trace of a failed request shows its attempts and outcome", async () => {
    const { requests } = JSON.parse(
      await passthrough("requests", "--json", "--status", "upstream_failed"),
    ) as { readonly requests: readonly { readonly id: string }[] };
    expect(requests.length).toBe(6);
    const trace = await passthrough("trace", requests[0]?.id ?? "");
    expect(trace).toContain("dead/dead-m");
    expect(trace).toContain("upstream_failed 503");
  });
});
