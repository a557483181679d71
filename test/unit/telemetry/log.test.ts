/** The log's lines about requests: one each where that is wanted, and repeated failures folded. */
import { describe, expect, test } from "vitest";
import type { Outcome } from "../../../src/errors.ts";
import type { RequestEnd } from "../../../src/telemetry/events.ts";
import { createFolds } from "../../../src/telemetry/folds.ts";
import { createRelayLog } from "../../../src/telemetry/log.ts";
import { stopClock } from "../../support/clock.ts";
import { attemptRecord, requestEnd } from "../../support/telemetry-events.ts";

const quiet = { requests: false, format: "text", maxPerSecond: 20 } as const;

function startLog(settings: Parameters<typeof createRelayLog>[1] = () => quiet) {
  const lines: string[] = [];
  const at = (level: string) => (line: string) => lines.push(`${level} ${line}`);
  const log = createRelayLog({ debug: undefined, info: at("info"), warn: at("warn") }, settings);
  return { lines, log, end: (more: Partial<RequestEnd>) => log.subscriber(requestEnd(more)) };
}

const fellBack = (outcome: Outcome = "upstream_failed", failedStatus = 503) => ({
  attempts: [
    attemptRecord("local/qwen", outcome, { failedStatus }),
    attemptRecord("cloud/qwen", "ok"),
  ],
});

describe("repeated failures and fallbacks", () => {
  test("are folded: the first in full, then one line a minute with the count", async () => {
    const clock = stopClock();
    const { lines, end } = startLog();
    for (let at = 0; at < 413; at += 1) {
      end(fellBack());
    }
    expect(lines).toEqual([
      "warn passthrough: chat-completions id-1: status 200, ok, 12 ms, attempts: local/qwen upstream_failed 503 3 ms; cloud/qwen ok 3 ms",
    ]);
    await clock.pass(60_000);
    expect(lines.slice(1)).toEqual([
      "warn passthrough: local/qwen → cloud/qwen (upstream_failed 503): 412 times in the last minute",
    ]);
    end(fellBack());
    await clock.pass(60_000);
    expect(lines.slice(2)).toEqual([
      "warn passthrough: local/qwen → cloud/qwen (upstream_failed 503): 1 time in the last minute",
    ]);
    await clock.pass(120_000);
    expect(lines).toHaveLength(3);
    end(fellBack());
    expect(lines[3]).toContain("attempts: local/qwen upstream_failed 503");
  });

  test("of different reasons, targets and ends are told apart", () => {
    const { lines, end } = startLog();
    end(fellBack());
    end(fellBack("upstream_rate_limited", 429));
    const failed = (target: string) => ({
      status: 502,
      outcome: "upstream_unreachable" as const,
      attempts: [attemptRecord(target, "upstream_unreachable")],
    });
    end(failed("a/b"));
    end(failed("a/b"));
    end(failed("a/c"));
    expect(lines).toHaveLength(4);
  });

  test("are told at a stop", () => {
    const { lines, log, end } = startLog();
    end(fellBack());
    end(fellBack());
    log.stop();
    expect(lines[1]).toContain("(upstream_failed 503): 1 time in the last minute");
  });

  test("have a bounded number of kinds", () => {
    const lines: string[] = [];
    const folds = createFolds({ write: (line) => lines.push(line), maxKinds: 3 });
    for (let at = 0; at < 1000; at += 1) {
      folds.add(`kind ${at}`, `first of ${at}`);
    }
    folds.stop();
    expect(lines).toEqual([
      "first of 0",
      "first of 1",
      "first of 2",
      "first of 3",
      "passthrough: other failures: 996 times in the last minute",
    ]);
  });
});

describe("a line for each request", () => {
  const usage = { tokensIn: 12, tokensOut: 7, tokensCached: 0, tokensCacheWrite: 0 };
  const served = { attempts: [attemptRecord("local/qwen", "ok", { usage })], caller: "ci" };

  test("is off unless it is wanted", () => {
    const { lines, end } = startLog();
    end(served);
    expect(lines).toEqual([]);
  });

  test("names the request, the key, the asked and the served model", () => {
    const { lines, end } = startLog(() => ({ ...quiet, requests: true }));
    end({ ...served, askedModel: 'a "b" c' });
    expect(lines).toEqual([
      'info passthrough: request=id-1 endpoint=chat-completions key=ci agent=main mode=passthrough asked="a \\"b\\" c" served=local/qwen ' +
        "stream=false status=200 outcome=ok attempts=1 ms=12 overheadMs=1 tokensIn=12 tokensOut=7 costUsd=0",
    ]);
  });

  test("can be JSON", () => {
    const { lines, end } = startLog(() => ({ ...quiet, requests: true, format: "json" }));
    end(served);
    const json: unknown = JSON.parse(lines[0]?.replace("info passthrough: ", "") ?? "");
    expect(json).toMatchObject({ request: "id-1", key: "ci", served: "local/qwen", status: 200 });
  });

  test("is left out above the rate, and the next line says how many were", async () => {
    const clock = stopClock();
    const { lines, end } = startLog(() => ({ ...quiet, requests: true, maxPerSecond: 5 }));
    for (let at = 0; at < 100; at += 1) {
      end(served);
    }
    expect(lines).toHaveLength(5);
    await clock.pass(1000);
    end(served);
    expect(lines[5]).toContain(" leftOut=95");
    end(served);
    expect(lines[6]).not.toContain("leftOut");
  });
});
