import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ageOf, findOneShots, type StoredSession } from "../../../src/prune/one-shot.ts";

const uuid = "3b0e4b5e-7a3f-4a33-8e61-0d4a3a6f0b11";
const hourMs = 3_600_000;
const nowMs = 1_800_000_000_000;
const session = (key: string, more: Partial<StoredSession> = {}): StoredSession => ({
  key,
  lastUsedAtMs: 0,
  running: false,
  pinned: false,
  named: false,
  held: false,
  ...more,
});
const both = { "model-run": hourMs, "http-one-shot": hourMs };
const kindsOf = (key: string) =>
  findOneShots([session(key)], both, nowMs).map((oneShot) => oneShot.kind);

describe("a one-shot session", () => {
  test("is recognized by its full key", () => {
    expect(kindsOf(`agent:main:explicit:model-run-${uuid}`)).toEqual(["model-run"]);
    expect(kindsOf(`agent:My-Agent:explicit:model-run-${uuid.toUpperCase()}`)).toEqual([
      "model-run",
    ]);
    expect(kindsOf(`agent:main:openai:${uuid}`)).toEqual(["http-one-shot"]);
  });

  test.each([
    "agent:main:main",
    "global",
    "agent:main:telegram:direct:4711",
    "agent:main:telegram:group:-100123",
    `agent:main:cron:${uuid}`,
    "agent:main:explicit:my-notes",
    `agent:main:explicit:${uuid}`,
    "agent:main:explicit:model-run-notes",
    `agent:main:explicit:model-run-${uuid}:thread:7`,
    `agent:main:openai:${uuid}:thread:7`,
    `agent:main:openai:${uuid}x`,
    "agent:main:openai:my-notes",
    `agent:main:openai-user:${uuid}`,
    `agent:main:openai-session:${uuid}`,
    `agent:main:telegram:openai:${uuid}`,
    `agent::openai:${uuid}`,
    `agent:a b:openai:${uuid}`,
    `openai:${uuid}`,
    `agent:main:openai:${uuid}\n`,
  ])("is not recognized in the key %j", (key) => {
    expect(kindsOf(key)).toEqual([]);
  });

  test("of a kind without a TTL is ignored", () => {
    const sessions = [session(`agent:a:openai:${uuid}`)];
    expect(findOneShots(sessions, { "model-run": hourMs }, nowMs)).toEqual([]);
  });

  test("can be removed if it was unused for longer than the TTL and nothing holds it", () => {
    const holds = ["running", "pinned", "named", "held"] as const;
    fc.assert(
      fc.property(
        fc.record({
          sinceUseMs: fc.integer({ min: 0, max: 2 * hourMs }),
          ...Object.fromEntries(holds.map((hold) => [hold, fc.boolean()])),
        }),
        ({ sinceUseMs, ...flags }: { sinceUseMs: number } & Partial<StoredSession>) => {
          const one = session(`agent:a:openai:${uuid}`, {
            ...flags,
            lastUsedAtMs: nowMs - sinceUseMs,
          });
          const keptFor = findOneShots([one], both, nowMs)[0]?.keptFor;
          const held = holds.find((hold) => flags[hold] === true);
          expect(keptFor).toBe(held ?? (sinceUseMs > hourMs ? undefined : "recent"));
        },
      ),
    );
  });

  test("with a timestamp in the future is recent", () => {
    const ahead = session(`agent:a:openai:${uuid}`, { lastUsedAtMs: nowMs + hourMs });
    expect(findOneShots([ahead], both, nowMs)[0]?.keptFor).toBe("recent");
  });
});

test("ages are grouped by a day, a week and a month", () => {
  const dayMs = 24 * hourMs;
  expect([-1, 0, dayMs - 1].map(ageOf)).toEqual(["under-1d", "under-1d", "under-1d"]);
  expect([dayMs, 7 * dayMs - 1].map(ageOf)).toEqual(["1d-7d", "1d-7d"]);
  expect([7 * dayMs, 30 * dayMs - 1].map(ageOf)).toEqual(["7d-30d", "7d-30d"]);
  expect([30 * dayMs, 1000 * dayMs].map(ageOf)).toEqual(["over-30d", "over-30d"]);
});
