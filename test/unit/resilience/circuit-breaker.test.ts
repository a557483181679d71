import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import {
  type CircuitBreaker,
  createCircuitBreaker,
  type Verdict,
} from "../../../src/resilience/circuit-breaker.ts";

let nowMs = 0;
let changes: string[] = [];
let breaker: CircuitBreaker;

const create = () =>
  createCircuitBreaker({
    failures: 3,
    resetMs: 1000,
    verdict: (failure) => (failure as Error).message as Verdict,
    openError: (waitMs) => new Error(`open for ${waitMs}`),
    onChange: (kind) => changes.push(kind),
    now: () => nowMs,
  });

beforeEach(() => {
  nowMs = 0;
  changes = [];
  breaker = create();
});

const fail = (verdict: Verdict) =>
  breaker.run(() => Promise.reject(new Error(verdict))).catch((error: Error) => error.message);
const succeed = () => breaker.run(async () => "ok").catch((error: Error) => error.message);

/** An operation that ends on command. */
function slow() {
  const end = Promise.withResolvers<void>();
  let prove = () => undefined as void;
  const outcome = breaker
    .run((markHealthy) => {
      prove = markHealthy;
      return end.promise;
    })
    .catch((error: Error) => error.message);
  return { ...end, outcome, prove: () => prove() };
}

describe("a circuit breaker", () => {
  test("opens after consecutive failures and rejects operations", async () => {
    for (let at = 0; at < 3; at += 1) {
      expect(await fail("bad")).toBe("bad");
    }
    expect(breaker.state.kind).toBe("open");
    nowMs = 400;
    expect(await succeed()).toBe("open for 600");
    expect(changes).toEqual(["open"]);
  });

  test("resets its count on success and ignores neutral outcomes", async () => {
    await fail("bad");
    await fail("bad");
    await succeed();
    await fail("bad");
    await fail("neutral");
    await fail("bad");
    expect(breaker.state).toEqual({ kind: "closed", failures: 2 });
  });

  test("admits a single probe after resetMs", async () => {
    await Promise.all([fail("bad"), fail("bad"), fail("bad")]);
    nowMs = 1000;
    const probe = slow();
    expect(breaker.state).toEqual({ kind: "half-open", probing: true });
    expect(await succeed()).toMatch(/^open for/);
    probe.resolve();
    await probe.outcome;
    expect(breaker.state).toEqual({ kind: "closed", failures: 0 });
    expect(changes).toEqual(["open", "closed"]);
  });

  test("reopens after a failed probe, and probes again after a neutral one", async () => {
    await Promise.all([fail("bad"), fail("bad"), fail("bad")]);
    nowMs = 1000;
    await fail("neutral");
    expect(breaker.state).toEqual({ kind: "half-open", probing: false });
    await fail("bad");
    expect(breaker.state).toEqual({ kind: "open", untilMs: 2000 });
  });

  test("closes as soon as a probe marks the target healthy, before it ends", async () => {
    await Promise.all([fail("bad"), fail("bad"), fail("bad")]);
    nowMs = 1000;
    const probe = slow();
    probe.prove();
    expect(breaker.state).toEqual({ kind: "closed", failures: 0 });
    probe.reject(new Error("bad"));
    await probe.outcome;
    // The probe belongs to the previous state, so its failure no longer counts.
    expect(breaker.state).toEqual({ kind: "closed", failures: 0 });
  });

  test("ignores outcomes of operations that started before it opened", async () => {
    const early = slow();
    const earlyBad = slow();
    await Promise.all([fail("bad"), fail("bad"), fail("bad")]);
    early.resolve();
    earlyBad.reject(new Error("bad"));
    await Promise.all([early.outcome, earlyBad.outcome]);
    expect(breaker.state).toEqual({ kind: "open", untilMs: 1000 });
  });

  test("is open exactly after enough consecutive failures, whatever came before", async () => {
    const verdict = fc.constantFrom<Verdict>("bad", "neutral", "good");
    await fc.assert(
      fc.asyncProperty(fc.array(verdict, { maxLength: 12 }), async (verdicts) => {
        breaker = create();
        let inARow = 0;
        for (const each of verdicts) {
          await fail(each);
          inARow = each === "good" ? 0 : inARow + (each === "bad" ? 1 : 0);
          expect(breaker.state).toEqual(
            inARow < 3 ? { kind: "closed", failures: inARow } : { kind: "open", untilMs: 1000 },
          );
          if (inARow >= 3) {
            return;
          }
        }
      }),
    );
  });
});
