/** What is remembered of a provider's opaque state, for whom, and how much. */
import { beforeEach, describe, expect, test } from "vitest";
import type { AnswerEvent } from "../../../src/answer/answer-event.ts";
import { createOpaqueStates, type OpaqueStates } from "../../../src/upstream/opaque-state.ts";

const owner = { provider: "a", modelId: "m1" };
const call = (index: number, id: string): AnswerEvent => ({ kind: "call", index, id, name: "f" });
const opaque = (value: object, callIndex?: number): AnswerEvent => ({
  kind: "opaque",
  state: { value: { ...value }, ...(callIndex === undefined ? {} : { callIndex }) },
});

function remember(states: OpaqueStates, events: readonly AnswerEvent[], of = owner): void {
  const recorder = states.record(of);
  recorder.note(events);
  recorder.end();
}

let states: OpaqueStates;
beforeEach(() => {
  states = createOpaqueStates();
});

describe("state", () => {
  test("of a call is remembered by the call's id", () => {
    remember(states, [call(0, "c1"), call(1, "c2"), opaque({ s: 1 }, 1), opaque({ s: 2 }, 1)]);
    expect(states.recall(owner)("c2")).toEqual([{ s: 1 }, { s: 2 }]);
    expect(states.recall(owner)("c1")).toEqual([]);
    expect(states.size).toBe(1);
  });

  test("of the whole answer belongs to its first call, though it comes before", () => {
    remember(states, [opaque({ thinking: 1 }), opaque({ thinking: 2 }), call(0, "c1")]);
    expect(states.recall(owner)("c1")).toEqual([{ thinking: 1 }, { thinking: 2 }]);
  });

  test("of an answer without calls is not remembered, and an answer without state takes no place", () => {
    remember(states, [opaque({ s: 1 }), { kind: "text", text: "a" }]);
    remember(states, [call(0, "c1")]);
    expect(states.size).toBe(0);
  });

  test("of an answer that did not end is not remembered", () => {
    states.record(owner).note([call(0, "c1"), opaque({ s: 1 })]);
    expect(states.recall(owner)("c1")).toEqual([]);
  });

  test("is replaced by that of a later answer with the same id", () => {
    remember(states, [call(0, "c1"), opaque({ s: 1 })]);
    remember(states, [call(0, "c1"), opaque({ s: 2 })]);
    expect(states.recall(owner)("c1")).toEqual([{ s: 2 }]);
  });
});

test("nobody else gets it: neither another provider, nor another model of the same one", () => {
  remember(states, [call(0, "c1"), opaque({ s: 1 })], { provider: "a", modelId: "b/c" });
  for (const other of [
    { provider: "b", modelId: "b/c" },
    { provider: "a", modelId: "c" },
    { provider: "a/b", modelId: "c" },
    { provider: 'a","b', modelId: "c" },
  ]) {
    expect(states.recall(other)("c1")).toEqual([]);
  }
});

describe("the memory is bounded", () => {
  test("in entries: the oldest one goes first", () => {
    for (let index = 0; index <= 10_000; index += 1) {
      remember(states, [call(0, `c${index}`), opaque({ s: 1 })]);
    }
    expect(states.size).toBe(10_000);
    expect(states.recall(owner)("c0")).toEqual([]);
    expect(states.recall(owner)("c10000")).toEqual([{ s: 1 }]);
  });

  test("in bytes: of an answer, and of all", () => {
    const long = "x".repeat(1024 * 1024 - 100);
    remember(states, [call(0, "longer"), opaque({ s: `${long}${"x".repeat(200)}` })]);
    expect(states.recall(owner)("longer")).toEqual([]);
    for (let index = 0; index < 40; index += 1) {
      remember(states, [call(0, `c${index}`), opaque({ s: long })]);
    }
    expect(states.size).toBe(32);
  });

  test("in time: an hour", () => {
    let nowMs = 1;
    const timed = createOpaqueStates(() => nowMs);
    remember(timed, [call(0, "c1"), opaque({ s: 1 })]);
    nowMs += 3_600_000;
    expect(timed.recall(owner)("c1")).toEqual([{ s: 1 }]);
  });

  test("in time: not longer", () => {
    let nowMs = 1;
    const timed = createOpaqueStates(() => nowMs);
    remember(timed, [call(0, "c1"), opaque({ s: 1 })]);
    nowMs += 3_600_001;
    expect(timed.recall(owner)("c1")).toEqual([]);
  });

  test("in calls and bytes of one answer, while it lasts", () => {
    const recorder = states.record(owner);
    for (let index = 0; index < 3000; index += 1) {
      recorder.note([call(index, `c${index}`)]);
    }
    recorder.note([opaque({ s: 1 }, 1023), opaque({ s: 2 }, 1024)]);
    recorder.end();
    expect(states.size).toBe(1);
    const longer = states.record(owner);
    longer.note([call(0, "long"), call(1, "short"), opaque({ s: 1 }, 1)]);
    for (let count = 0; count < 2000; count += 1) {
      longer.note([opaque({ s: "x".repeat(1000) })]);
    }
    longer.end();
    expect(states.recall(owner)("long")).toEqual([]);
    expect(states.recall(owner)("short")).toEqual([]);
  });
});
