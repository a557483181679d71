/** All views show the same numbers: 10,000 mixed requests, counted by their callers, by the provider and by each view. */
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Status } from "../../src/control/status.ts";
import type {
  RequestList,
  RequestStats,
  RequestView,
  SeriesView,
} from "../../src/telemetry/views.ts";
import { runHost } from "../support/install.ts";
import {
  behaveMixed,
  secretAnswer,
  secretPrompt,
  type Seen,
  sendMixed,
  trafficConfig,
  trafficKeys,
  untilCounted,
} from "../support/mixed-traffic.ts";
import { call } from "../support/client.ts";
import { useGateway } from "./fixture.ts";

const fixture = useGateway({ config: trafficConfig });
const mixed = 9960;
const agentRuns = 20;
const operators = 20;
const all = mixed + agentRuns + operators;

/** By status, or `left`. */
const seen = new Map<Seen, number>();
/** Requests that reached the provider, by model. */
const received = new Map<string, number>();
let status: Status;
let list: RequestList;
/** The whole samples of each metric, such as `passthrough_requests_total{…} 3`. */
let metrics: readonly string[];
let text: string;

const rpc = async (method: string, params: object = {}): Promise<string> =>
  await runHost(fixture.gateway.folder, [
    "gateway",
    "call",
    method,
    "--json",
    "--params",
    JSON.stringify(params),
  ]);
const readStatus = async (): Promise<Status> => JSON.parse(await rpc("passthrough.status"));
const note = (what: Seen) => seen.set(what, (seen.get(what) ?? 0) + 1);

beforeAll(async () => {
  behaveMixed(fixture.provider);
  for (const what of await sendMixed(`http://127.0.0.1:${fixture.listenPort}/v1`, mixed)) {
    note(what);
  }
  const messages = [{ role: "user", content: secretPrompt }];
  for (let at = 0; at < agentRuns; at += 1) {
    note(
      (await fixture.call("/v1/chat/completions", { model: "openclaw/runner", messages })).status,
    );
  }
  for (let at = 0; at < operators; at += 1) {
    note(
      (await fixture.call("/v1/chat/completions", { model: "good/good-model", messages })).status,
    );
  }
  await untilCounted(all, async () => (await readStatus()).totals);
  for (const { json } of fixture.provider.requests) {
    received.set(json.model ?? "", (received.get(json.model ?? "") ?? 0) + 1);
  }
  status = await readStatus();
  list = JSON.parse(await rpc("passthrough.requests"));
  text = await runHost(fixture.gateway.folder, ["passthrough", "status"]);
  const scraped = await call(`http://127.0.0.1:${fixture.listenPort}/passthrough/metrics`, {
    headers: { authorization: `Bearer ${trafficKeys.prometheus}` },
  });
  metrics = scraped.body.toString().split("\n");
}, 300_000);
// The fixture forgets the provider's behaviour before each test.
beforeEach(() => behaveMixed(fixture.provider));

function countBy<T>(values: readonly T[], nameOf: (value: T) => string): Record<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) {
    counts.set(nameOf(value), (counts.get(nameOf(value)) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}

/** What adds up over agents, modes and keys, and over single requests. */
const added = [
  "requests",
  "clientErrors",
  "providerErrors",
  "relayErrors",
  "disconnects",
  "tokensIn",
  "tokensOut",
  "tokensCached",
] as const;

describe("after 10,000 mixed requests", () => {
  test("the list has each request with the status that its caller saw", () => {
    const statusOf = ({ outcome, status: code }: RequestView) =>
      outcome === "client_closed" ? "left" : String(code);
    expect(list.requests.length).toBe(all);
    expect(countBy(list.requests, statusOf)).toEqual(
      Object.fromEntries([...seen].map(([what, count]) => [String(what), count])),
    );
    for (const kind of [200, 400, 404, 429, 503, "left"] as const) {
      expect([kind, (seen.get(kind) ?? 0) > 0]).toEqual([kind, true]);
    }
  });

  test("the totals are those of the list", () => {
    const faults = countBy(list.requests, ({ fault }) => fault ?? "none");
    expect(status.totals).toMatchObject({
      requests: all,
      clientErrors: faults["client"],
      providerErrors: faults["provider"],
      relayErrors: faults["relay"] ?? 0,
      disconnects: seen.get("left"),
      openRequests: 0,
      openStreams: 0,
      tokensIn: sum(list.requests, ({ tokensIn }) => tokensIn),
      tokensOut: sum(list.requests, ({ tokensOut }) => tokensOut),
      attempts: sum(list.requests, ({ attempts }) => attempts.length),
    });
    expect(status.totals.costUsd).toBeCloseTo(
      sum(list.requests, ({ costUsd }) => costUsd),
      6,
    );
    expect(status.totals.outcomes).toEqual(countBy(list.requests, ({ outcome }) => outcome));
  });

  test("agents, modes and keys each add up to the totals", () => {
    const dimensions: readonly (readonly RequestStats[])[] = [
      status.agents,
      status.modes,
      status.keys,
    ];
    for (const views of dimensions) {
      for (const name of added) {
        expect([name, sum(views, (view) => view[name])]).toEqual([name, status.totals[name]]);
      }
    }
    expect(new Set(status.modes.map(({ mode }) => mode))).toEqual(
      new Set(["", "agent", "passthrough"]),
    );
    expect(new Set(status.keys.map(({ key }) => key))).toEqual(
      new Set(["(operator)", "bot", "limited"]),
    );
  });

  test("each provider was called as often as it says", () => {
    const attempts = Object.fromEntries(
      status.providers.map(({ provider, attempts: count }) => [`${provider}-model`, count]),
    );
    expect(attempts).toEqual(Object.fromEntries(received));
    const dead = status.providers.find(({ provider }) => provider === "dead");
    expect(dead).toMatchObject({ failures: received.get("dead-model"), attempts: dead?.failures });
    expect(dead?.state).not.toBe("up");
    expect(dead?.lastFailure).toMatchObject({ outcome: "upstream_failed", status: 503 });
    expect(sum(status.targets, ({ attempts: count }) => count)).toBe(
      sum(status.providers, ({ attempts: count }) => count),
    );
  });

  test("retries and fallbacks are those of the single requests", () => {
    let retries = 0;
    const moves: string[] = [];
    for (const { attempts } of list.requests) {
      for (const [at, attempt] of attempts.entries()) {
        const before = attempts[at - 1];
        if (before?.target === attempt.target) {
          retries += before.skipped || attempt.skipped ? 0 : 1;
        } else if (before !== undefined) {
          moves.push(`${before.target} → ${attempt.target}: ${before.outcome}`);
        }
      }
    }
    expect(status.totals).toMatchObject({ retries, fallbacks: moves.length });
    expect(
      Object.fromEntries(
        status.fallbacks.map(
          ({ from, to, reason, count }) => [`${from} → ${to}: ${reason}`, count] as const,
        ),
      ),
    ).toEqual(countBy(moves, (move) => move));
  });

  test("a key's own view of its use has the same requests and tokens", async () => {
    for (const name of ["bot", "limited"] as const) {
      const answer = await call(`http://127.0.0.1:${fixture.listenPort}/v1/usage`, {
        headers: { authorization: `Bearer ${trafficKeys[name]}` },
      });
      const { total } = JSON.parse(answer.body.toString());
      const view = status.keys.find(({ key }) => key === name);
      expect(total).toMatchObject({
        requests: view?.requests,
        tokensIn: view?.tokensIn,
        tokensOut: view?.tokensOut,
      });
      expect(total.costUsd).toBeCloseTo(view?.costUsd ?? Number.NaN, 6);
    }
    const limited = status.keys.find(({ key }) => key === "limited");
    expect(limited?.refusals).toEqual({ requests: seen.get(429) });
    expect(limited?.limits).toMatchObject([{ name: "requests", limit: 100 }]);
  });

  test("the last hour adds up to the totals", async () => {
    const series: SeriesView = JSON.parse(await rpc("passthrough.series", { range: "hour" }));
    // The calls of this test's own commands to `/usage` came later, and the current step is not over.
    const count = sum(series.requests, (value) => value);
    expect(count).toBeGreaterThanOrEqual(all);
    expect(count).toBeLessThanOrEqual(all + 2);
    for (const name of [
      "providerErrors",
      "clientErrors",
      "fallbacks",
      "retries",
      "tokensIn",
    ] as const) {
      expect([name, sum(series[name], (value) => value)]).toEqual([name, status.totals[name]]);
    }
  });

  test("the metrics add up to the totals", () => {
    const total = (metric: string, labels = "") =>
      sum(
        metrics.filter((line) => line.startsWith(`${metric}{`) && line.includes(labels)),
        (line) => Number(line.split(" ").at(-1)),
      );
    expect({
      requests: total("passthrough_requests_total"),
      clientErrors: total("passthrough_requests_total", 'fault="client"'),
      providerErrors: total("passthrough_requests_total", 'fault="provider"'),
      fallbacks: total("passthrough_fallbacks_total"),
      ofKeys: total("passthrough_key_requests_total"),
      ofAgents: total("passthrough_agent_requests_total"),
      tokensIn: total("gen_ai_client_inference_usage_input_tokens_total"),
      tokensOut: total("gen_ai_client_inference_usage_output_tokens_total"),
      served: total("gen_ai_server_request_duration_seconds_count"),
    }).toEqual({
      requests: all,
      clientErrors: status.totals.clientErrors,
      providerErrors: status.totals.providerErrors,
      fallbacks: status.totals.fallbacks,
      ofKeys: all,
      ofAgents: all,
      tokensIn: status.totals.tokensIn,
      tokensOut: status.totals.tokensOut,
      served: list.requests.filter(({ model }) => model !== null).length,
    });
    for (const { provider, attempts } of status.providers) {
      expect([provider, total("passthrough_attempts_total", `provider="${provider}"`)]).toEqual([
        provider,
        attempts,
      ]);
    }
  });

  test("the table of the command line has the totals", () => {
    const { requests, clientErrors, providerErrors, relayErrors, disconnects } = status.totals;
    const cells = [requests, clientErrors, providerErrors, relayErrors, disconnects];
    expect(text).toMatch(new RegExp(`^in all +${cells.join(" +")} `, "m"));
  });

  test("the agent runs are counted with their model calls, and full turns give the estimate", () => {
    const runner = status.agents.find(({ agent }) => agent === "runner");
    expect(runner).toMatchObject({ requests: agentRuns, outcomes: { ok: agentRuns } });
    const target = status.targets.find(({ wire }) => wire === "agent-run");
    expect(target?.tokensIn).toBe(runner?.tokensIn);
    expect(status.estimate).toMatchObject({ isEstimate: true, samples: agentRuns });
    expect(status.estimate?.averageTokensIn).toBe(Math.round((runner?.tokensIn ?? 0) / agentRuns));
  });

  test("no view has a prompt, an answer, a key or a secret", async () => {
    const views = [
      JSON.stringify(status),
      JSON.stringify(list),
      await rpc("passthrough.series", { range: "day" }),
      fixture.gateway.output(),
      text,
      ...metrics,
    ].join("\n");
    const secrets = [
      secretPrompt,
      secretAnswer,
      "please hang",
      "sk-good",
      ...Object.values(trafficKeys),
    ];
    expect(secrets.filter((secret) => views.includes(secret))).toEqual([]);
    // The search would find what is there.
    expect(views).toContain("good/good-model");
  });
});
