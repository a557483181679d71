import { randomUUID } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import type { AttemptRecord } from "../../../src/telemetry/events.ts";
import { createSnapshot, recentRequests, type Snapshot } from "../../../src/telemetry/snapshot.ts";
import { attemptRecord, publish, requestEnd } from "../../support/telemetry-events.ts";

const usage = { tokensIn: 100, tokensOut: 21, tokensCached: 60, tokensCacheWrite: 0 };

const onlyTally = (table: Snapshot["providers"]) => table.values()[0]?.tally.view();

describe("the snapshot", () => {
  test("counts an attempt for its provider and its target, and a skipped one for neither", () => {
    const snapshot = createSnapshot();
    const skipped = attemptRecord("local/qwen", "circuit_open", { isSkipped: true, durationMs: 0 });
    const failed = attemptRecord("local/qwen", "upstream_failed", { failedStatus: 503 });
    const answered = attemptRecord("cloud/gpt", "ok", { usage, costUsd: 0.5 });
    publish(snapshot, { attempts: [failed, answered] });
    publish(snapshot, { attempts: [skipped, answered] });
    const views = Object.fromEntries(
      snapshot.providers.values().map(({ labels, tally }) => [labels, tally.view()]),
    );
    expect(views).toMatchObject({
      local: {
        attempts: 1,
        failures: 1,
        recent: { attempts: 1, failures: 1, failureShare: 1 },
        lastFailure: { outcome: "upstream_failed", status: 503 },
      },
      cloud: { attempts: 2, failures: 0, tokensIn: 200, tokensCached: 120, costUsd: 1 },
    });
    expect(snapshot.targets.values().map(({ labels }) => labels)).toEqual([
      { operation: "chat", provider: "local", model: "qwen", wire: "openai-completions" },
      { operation: "chat", provider: "cloud", model: "gpt", wire: "openai-completions" },
    ]);
    expect(snapshot.counts).toMatchObject({ attempts: 4, retries: 0, fallbacks: 2 });
    expect(snapshot.fallbacks.values()).toEqual([
      { from: "local/qwen", to: "cloud/gpt", reason: "upstream_failed", count: 1 },
      { from: "local/qwen", to: "cloud/gpt", reason: "circuit_open", count: 1 },
    ]);
  });

  test("counts a request once in each dimension, with what it used", () => {
    const snapshot = createSnapshot();
    const attempts = [attemptRecord("cloud/gpt", "ok", { usage, costUsd: 0.5 })];
    publish(snapshot, { caller: "bot", agentId: "voice", mode: "light", attempts });
    publish(snapshot, {
      caller: undefined,
      agentId: undefined,
      mode: undefined,
      outcome: "invalid_api_key",
    });
    for (const [table, name] of [
      [snapshot.keys, "bot"],
      [snapshot.agents, "voice"],
      [snapshot.modes, "light"],
    ] as const) {
      const found = table.values().find(({ labels }) => labels === name);
      expect(found?.tally.view()).toMatchObject({
        requests: 1,
        clientErrors: 0,
        tokensIn: 100,
        costUsd: 0.5,
      });
      expect(
        table
          .values()
          .find(({ labels }) => labels === "")
          ?.tally.view(),
      ).toMatchObject({
        requests: 1,
        clientErrors: 1,
      });
    }
    expect(snapshot.total.view().outcomes).toEqual({ ok: 1, invalid_api_key: 1 });
  });

  test("a retry repeats the same target", () => {
    const snapshot = createSnapshot();
    const failed = attemptRecord("a/m", "upstream_failed");
    publish(snapshot, { attempts: [failed, failed, attemptRecord("a/m", "ok")] });
    expect(snapshot.counts).toMatchObject({ attempts: 3, retries: 2, fallbacks: 0 });
  });

  test("times are those of successful streams", () => {
    const snapshot = createSnapshot();
    const slow = (outcome: AttemptRecord["outcome"]) =>
      attemptRecord("a/m", outcome, { durationMs: 1000, firstOutputMs: 200, usage });
    publish(snapshot, {
      isStream: true,
      durationMs: 1010,
      firstOutputMs: 205,
      attempts: [slow("ok")],
    });
    publish(snapshot, {
      isStream: true,
      outcome: "upstream_cut",
      durationMs: 9,
      attempts: [slow("upstream_cut")],
    });
    publish(snapshot, { durationMs: 5000, attempts: [slow("ok")] });
    const total = snapshot.total.view();
    expect(total.firstOutputMs?.p99).toBeCloseTo(205, -2);
    expect(total.durationMs?.p99).toBeGreaterThanOrEqual(5000);
    // (1000 - 200) ms for 20 further tokens.
    expect(onlyTally(snapshot.providers)?.betweenTokensMs?.p50).toBeGreaterThanOrEqual(40);
    expect(onlyTally(snapshot.providers)?.betweenTokensMs?.p50).toBeLessThan(43);
  });

  test("knows what is under way", () => {
    const snapshot = createSnapshot();
    snapshot.subscriber({ kind: "request-start" });
    snapshot.subscriber({ kind: "first-output", isStream: true });
    expect(snapshot.counts).toMatchObject({ openRequests: 1, openStreams: 1 });
    snapshot.subscriber(requestEnd({ isStream: true, firstOutputMs: 3 }));
    expect(snapshot.counts).toMatchObject({ openRequests: 0, openStreams: 0 });
  });

  test("the model calls of an agent run count for their providers, and the run for its agent", () => {
    const snapshot = createSnapshot();
    const route = { provider: "cloud", modelId: "gpt" };
    snapshot.subscriber({ kind: "run-call-end", agentId: "main", route, usage, costUsd: 0.5 });
    const run = attemptRecord("openclaw/main", "ok", {
      route,
      wire: "agent-run",
      usage,
      costUsd: 0.5,
    });
    publish(snapshot, { mode: "agent", attempts: [run] });
    expect(onlyTally(snapshot.providers)).toMatchObject({
      attempts: 1,
      tokensIn: 100,
      costUsd: 0.5,
    });
    expect(snapshot.targets.values()[0]?.labels.wire).toBe("agent-run");
    expect(snapshot.agentTurns).toEqual({ samples: 1, tokensIn: 100, costUsd: 0.5 });
    expect(snapshot.served.values()[0]?.labels.operation).toBe("invoke_agent");
    expect(snapshot.called.values()).toEqual([]);
  });

  test("what a limit has refused is counted by key and limit", () => {
    const snapshot = createSnapshot();
    for (const limit of ["requests", "requests", "budget-day"]) {
      snapshot.subscriber({ kind: "limit-refusal", caller: "bot", limit });
    }
    expect([...(snapshot.refusals.values()[0]?.byLimit ?? [])]).toEqual([
      ["requests", 2],
      ["budget-day", 1],
    ]);
  });

  test("the last five minutes forget what is older, and a clock that jumps back harms nothing", () => {
    const clock = { nowMs: 0, wallMs: 1_700_000_000_000 };
    const snapshot = createSnapshot({ now: () => clock.nowMs, wallNow: () => clock.wallMs });
    publish(snapshot, {
      outcome: "upstream_failed",
      attempts: [attemptRecord("a/m", "upstream_failed")],
    });
    clock.wallMs -= 86_400_000;
    publish(snapshot);
    expect(recentRequests(snapshot)).toMatchObject({ requests: 2, providerErrors: 1 });
    clock.nowMs += 6 * 60_000;
    publish(snapshot);
    expect(recentRequests(snapshot)).toMatchObject({ requests: 1, providerErrors: 0 });
    expect(onlyTally(snapshot.providers)?.recent).toMatchObject({
      attempts: 0,
      failureShare: null,
    });
  });

  test("50,000 requests of 5,000 users, keys and models stay under 16 MB and 201 names", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const heapBytes = () => {
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const before = heapBytes();
    const snapshot = createSnapshot();
    // The names of keys, agents and targets come from caches; ids and asked models are each request's own.
    const names = Array.from({ length: 5000 }, (_, who) => ({
      caller: `key-${who}`,
      agentId: `agent-${who}`,
      down: attemptRecord(`down-${who}/m`),
      up: attemptRecord(`provider-${who}/model-${who}`),
    }));
    for (let at = 0; at < 50_000; at += 1) {
      const { caller, agentId, down, up } = names[at % names.length] as (typeof names)[number];
      publish(snapshot, {
        requestId: randomUUID(),
        caller,
        agentId,
        askedModel: `model-${at % names.length}`,
        isStream: true,
        firstOutputMs: at % 900,
        durationMs: 1000 + (at % 9000),
        attempts: [
          attemptRecord(down.target, "upstream_failed", { route: down.route }),
          attemptRecord(up.target, "ok", {
            route: up.route,
            usage: { ...usage },
            firstOutputMs: at % 800,
            durationMs: 900,
          }),
        ],
      });
    }
    const bytes = heapBytes() - before;
    expect(snapshot.total.requests).toBe(50_000);
    for (const { length } of [
      snapshot.keys.values(),
      snapshot.agents.values(),
      snapshot.providers.values(),
      snapshot.targets.values(),
      snapshot.fallbacks.values(),
    ]) {
      expect(length).toBe(201);
    }
    expect(bytes / 1024 / 1024).toBeLessThan(16);
  });
});
