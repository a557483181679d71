import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createEventBatches } from "../../../src/telemetry/event-batches.ts";
import type { RelayEvent } from "../../../src/telemetry/events.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const event = (agentId: string): RelayEvent => ({ kind: "session-kept", agentId });

function batches() {
  const heard: RelayEvent[] = [];
  return { heard, ...createEventBatches((each) => heard.push(each)) };
}

test("hands over what waits when somebody reads, in order", () => {
  const { heard, subscriber, flush } = batches();
  subscriber(event("a"));
  subscriber(event("b"));
  expect(heard).toEqual([]);
  flush();
  flush();
  expect(heard).toEqual([event("a"), event("b")]);
  expect(vi.getTimerCount()).toBe(0);
});

test("waits at most 100 ms, from the first event on", () => {
  const { heard, subscriber } = batches();
  subscriber(event("a"));
  vi.advanceTimersByTime(60);
  subscriber(event("b"));
  vi.advanceTimersByTime(39);
  expect(heard).toHaveLength(0);
  vi.advanceTimersByTime(1);
  expect(heard).toHaveLength(2);
  subscriber(event("c"));
  vi.advanceTimersByTime(100);
  expect(heard).toHaveLength(3);
});

test("keeps at most 256 events", () => {
  const { heard, subscriber } = batches();
  for (let count = 1; count <= 600; count += 1) {
    subscriber(event(String(count)));
  }
  expect(heard).toHaveLength(512);
  vi.advanceTimersByTime(100);
  expect(heard).toHaveLength(600);
});

test("an event that is published while a batch is handed over is not lost", () => {
  const heard: RelayEvent[] = [];
  const { subscriber, flush } = createEventBatches((each) => {
    heard.push(each);
    if (heard.length === 1) {
      subscriber(event("b"));
    }
  });
  subscriber(event("a"));
  flush();
  flush();
  expect(heard).toEqual([event("a"), event("b")]);
});
