/** The metrics' text: complete, correct in both formats, bounded; and the page that describes it. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  allMetrics,
  metricsFile,
  queriedName,
  withMetricTables,
} from "../../../scripts/metrics.ts";
import { formatFor, renderMetrics } from "../../../src/metrics/open-metrics.ts";
import { createSnapshot } from "../../../src/telemetry/snapshot.ts";
import { fullState, metricsState } from "../../support/metrics-state.ts";
import { publish } from "../../support/telemetry-events.ts";
import { parseMetrics, valuesOf } from "../../support/open-metrics.ts";
import { attemptRecord } from "../../support/telemetry-events.ts";

const formats = ["openmetrics", "text"] as const;
const rendered = (state = metricsState(), format: (typeof formats)[number] = "openmetrics") =>
  parseMetrics(renderMetrics(state, format).toString(), format);
const usage = { tokensIn: 100, tokensOut: 21, tokensCached: 60, tokensCacheWrite: 0 };

describe("the metrics", () => {
  test("keep clients', providers' and the relay's own faults apart", () => {
    const snapshot = createSnapshot();
    publish(snapshot, { caller: "bot" });
    publish(snapshot, { caller: "bot", outcome: "invalid_body", status: 400 });
    publish(snapshot, { caller: "bot", outcome: "upstream_failed", status: 502 });
    publish(snapshot, { caller: "bot", outcome: "internal_error", status: 500 });
    publish(snapshot, { caller: "bot", outcome: "client_closed" });
    const families = rendered(metricsState({ snapshot }));
    const requests = (labels: Record<string, string>) =>
      valuesOf(families, "passthrough_requests_total", { mode: "passthrough", ...labels });
    expect(requests({ outcome: "ok", fault: "" })).toEqual([1]);
    expect(requests({ outcome: "invalid_body", fault: "client" })).toEqual([1]);
    expect(requests({ outcome: "upstream_failed", fault: "provider" })).toEqual([1]);
    expect(requests({ outcome: "internal_error", fault: "relay" })).toEqual([1]);
    expect(requests({ outcome: "client_closed", fault: "" })).toEqual([1]);
    const results = ["ok", "client_error", "provider_error", "relay_error", "disconnected"];
    for (const result of results) {
      const labels = { key: "bot", result };
      expect(valuesOf(families, "passthrough_key_requests_total", labels)).toEqual([1]);
    }
  });

  test("have a request as its caller saw it, and each of its attempts", () => {
    const snapshot = createSnapshot();
    const failed = attemptRecord("local/qwen", "upstream_failed", { durationMs: 30 });
    const answered = attemptRecord("cloud/gpt", "ok", {
      durationMs: 90,
      firstOutputMs: 45,
      usage,
      costUsd: 0.5,
    });
    publish(snapshot, {
      attempts: [failed, answered],
      isStream: true,
      durationMs: 125,
      firstOutputMs: 79,
    });
    const families = rendered(metricsState({ snapshot }));
    const cloud = { gen_ai_provider_name: "cloud", gen_ai_request_model: "gpt" };
    const served = { ...cloud, gen_ai_operation_name: "chat", mode: "passthrough", error_type: "" };
    const duration = "gen_ai_server_request_duration_seconds";
    expect(valuesOf(families, `${duration}_sum`, served)).toEqual([0.125]);
    expect(valuesOf(families, `${duration}_bucket`, { ...served, le: "0.08" })).toEqual([0]);
    expect(valuesOf(families, `${duration}_bucket`, { ...served, le: "0.16" })).toEqual([1]);
    expect(valuesOf(families, `${duration}_bucket`, { ...served, le: "+Inf" })).toEqual([1]);
    const firstToken = "gen_ai_server_time_to_first_token_seconds";
    expect(valuesOf(families, `${firstToken}_sum`, served)).toEqual([0.079]);
    const attempts = "gen_ai_client_operation_duration_seconds_count";
    const local = { gen_ai_provider_name: "local", error_type: "upstream_failed" };
    expect(valuesOf(families, attempts, local)).toEqual([1]);
    expect(valuesOf(families, attempts, { ...cloud, error_type: "" })).toEqual([1]);
    const modality = { ...cloud, gen_ai_token_modality: "unknown" };
    const used = "gen_ai_client_inference_usage_";
    expect(valuesOf(families, `${used}input_tokens_total`, modality)).toEqual([100]);
    expect(valuesOf(families, `${used}cache_read_input_tokens_total`, modality)).toEqual([60]);
    expect(valuesOf(families, `${used}cache_write_input_tokens_total`)).toEqual([]);
    const fallback = { from: "local/qwen", to: "cloud/gpt", reason: "upstream_failed" };
    expect(valuesOf(families, "passthrough_fallbacks_total", fallback)).toEqual([1]);
    const model = { provider: "cloud", model: "gpt" };
    expect(valuesOf(families, "passthrough_model_cost_usd_total", model)).toEqual([0.5]);
  });

  test("tell an embedding from a chat with the same model", () => {
    const snapshot = createSnapshot();
    const attempts = [attemptRecord("local/qwen", "ok", { usage })];
    publish(snapshot, { attempts });
    publish(snapshot, { attempts, endpoint: "embeddings" });
    const families = rendered(metricsState({ snapshot }));
    const tokens = "gen_ai_client_inference_usage_input_tokens_total";
    expect(valuesOf(families, tokens, { gen_ai_operation_name: "embeddings" })).toEqual([100]);
    expect(valuesOf(families, tokens, { gen_ai_operation_name: "chat" })).toEqual([100]);
  });

  test("show circuits, refused credentials, budgets and problems as they are now", () => {
    const snapshot = createSnapshot();
    publish(snapshot, { attempts: [attemptRecord("local/qwen"), attemptRecord("cloud/a/b")] });
    const limit = { limit: 8, resetAt: "" };
    const families = rendered(
      metricsState({
        snapshot,
        upstream: {
          ...metricsState().upstream,
          circuits: [
            { target: "cloud/a", state: "open" },
            { target: "gone/x/y", state: "half-open" },
          ],
          refusedCredentials: [
            { provider: "cloud", source: "config", status: 401, leftMs: 1, skipped: 0 },
          ],
        },
        keyLimits: [
          {
            key: "bot",
            limits: [
              { ...limit, name: "budget-day", remaining: 2 },
              { ...limit, name: "requests", remaining: 3 },
            ],
          },
        ],
        problems: { error: 2, warning: 1 },
      }),
    );
    const circuit = (provider: string, model: string) =>
      valuesOf(families, "passthrough_circuit_state", { provider, model });
    expect(circuit("local", "qwen")).toEqual([0]);
    expect(circuit("cloud", "a")).toEqual([2]);
    expect(circuit("gone", "x/y")).toEqual([1]);
    const refused = (provider: string) =>
      valuesOf(families, "passthrough_credentials_refused", { provider });
    expect([refused("local"), refused("cloud")]).toEqual([[0], [1]]);
    const day = { key: "bot", period: "day" };
    expect(valuesOf(families, "passthrough_key_budget_used_ratio", day)).toEqual([0.75]);
    expect(valuesOf(families, "passthrough_key_budget_remaining_usd")).toEqual([2]);
    const problems = { severity: "error" };
    expect(valuesOf(families, "passthrough_config_problems", problems)).toEqual([2]);
  });

  test("have no estimate before a full agent turn was measured", () => {
    const names = rendered().map(({ name }) => name);
    expect(names.filter((name) => name.includes("estimate"))).toEqual([]);
  });
});

describe("a name from outside", () => {
  test.each(formats)("cannot break the %s format, and two names stay two", (format) => {
    const snapshot = createSnapshot();
    const names = [
      'quote" backslash\\ feed\n brace} comma,',
      "nul\0",
      "nul\u0001",
      "lone \ud800",
      "lone \udfff",
      `${"x".repeat(200)}1`,
      `${"x".repeat(200)}2`,
      "__proto__",
      "constructor",
      "ключ 🔑",
    ];
    for (const caller of names) {
      publish(snapshot, { caller });
    }
    const families = rendered(metricsState({ snapshot }), format);
    const keys = families
      .find(({ name }) => name.startsWith("passthrough_key_requests"))
      ?.samples.map(({ labels }) => labels["key"] ?? "");
    expect(keys).toHaveLength(names.length);
    expect(new Set(keys).size).toBe(names.length);
    expect(keys).toEqual(expect.arrayContaining([names[0], "__proto__", "constructor", "ключ 🔑"]));
    expect(Math.max(...(keys ?? []).map(({ length }) => length))).toBeLessThanOrEqual(128);
  });
});

describe("a full snapshot", () => {
  test.each(formats)("takes at most 1 MB as %s, and nothing is left out", (format) => {
    const text = renderMetrics(fullState(), format);
    expect(text.length).toBeLessThanOrEqual(1_000_000);
    const families = parseMetrics(text.toString(), format);
    expect(valuesOf(families, "passthrough_dropped_series")).toEqual([0]);
    // The tables are full.
    expect(valuesOf(families, "passthrough_key_cost_usd_total")).toHaveLength(201);
    expect(valuesOf(families, "gen_ai_server_request_duration_seconds_count")).toHaveLength(25);
    expect(families.map(queriedOf(format))).toEqual(
      expect.arrayContaining(
        allMetrics.map(queriedName).filter((name) => !/cache_write|reasoning/.test(name)),
      ),
    );
  });

  test.each(formats)("is bounded as %s even with the longest names, and stays valid", (format) => {
    const text = renderMetrics(fullState(true), format);
    expect(text.length).toBeLessThanOrEqual(1_000_000);
    const families = parseMetrics(text.toString(), format);
    expect(valuesOf(families, "passthrough_dropped_series")[0]).toBeGreaterThan(0);
    // The most telling metrics come first.
    expect(valuesOf(families, "passthrough_circuit_state").length).toBeGreaterThan(200);
  });

  test("takes a few milliseconds to write", () => {
    const state = fullState();
    for (let at = 0; at < 50; at += 1) {
      renderMetrics(state, "openmetrics");
    }
    const rounds = 50;
    const before = process.threadCpuUsage();
    for (let at = 0; at < rounds; at += 1) {
      renderMetrics(state, "openmetrics");
    }
    const { user, system } = process.threadCpuUsage(before);
    // About 4 ms; the rest is for a busy machine.
    expect((user + system) / 1000 / rounds).toBeLessThan(15);
  });
});

function queriedOf(format: (typeof formats)[number]) {
  return ({ name, type }: { readonly name: string; readonly type: string }) =>
    format === "text" ? name : name + ({ counter: "_total", info: "_info" }[type] ?? "");
}

test.each([
  ["", "text"],
  ["*/*", "text"],
  ["text/plain;version=0.0.4", "text"],
  ["application/openmetrics-text", "openmetrics"],
  ["application/openmetrics-text;version=1.0.0;q=0.5,text/plain", "openmetrics"],
  ["application/openmetrics-text; q=0, text/plain", "text"],
  ["application/openmetrics-textual", "text"],
])("Accept: %s gets %s", (accept, format) => {
  expect(formatFor(accept)).toBe(format);
});

test("every metric has an ASCII sentence, a name with its unit, and buckets if it is a histogram", () => {
  for (const { name, type, unit, help, boundsMs } of allMetrics) {
    expect(help).toMatch(/^[A-Z][ -~]+\.$/);
    expect(name).toMatch(unit === undefined ? /^[a-z_]+$/ : new RegExp(`^[a-z_]+_${unit}$`));
    expect(boundsMs !== undefined).toBe(type === "histogram");
    expect(boundsMs ?? []).toEqual((boundsMs ?? []).toSorted((a, b) => a - b));
  }
});

test("the page's tables are generated from the definitions", () => {
  // `node scripts/metrics.ts` and the formatter regenerate the page.
  const page = readFileSync(metricsFile, "utf8");
  const plain = (text: string) => text.replaceAll(/[ -]+/g, " ");
  expect(plain(page)).toBe(plain(withMetricTables(page)));
});
