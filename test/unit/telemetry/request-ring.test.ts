import { expect, test } from "vitest";
import { createRequestRing } from "../../../src/telemetry/request-ring.ts";
import { attemptRecord, keptRequestOf } from "../../support/telemetry-events.ts";

function ringOf(count: number, capacity: number) {
  const ring = createRequestRing(capacity);
  for (let at = 1; at <= count; at += 1) {
    ring.add(keptRequestOf({ requestId: `id-long-${at}` }));
  }
  return ring;
}

const ids = (list: { readonly requests: readonly { readonly id: string }[] }) =>
  list.requests.map(({ id }) => id);

test("keeps the last requests, oldest first", () => {
  const list = ringOf(5, 3).list({});
  expect(ids(list)).toEqual(["id-long-3", "id-long-4", "id-long-5"]);
  expect(list.position).toBe(5);
});

test("lists what came after a position, and the newest of more than the limit", () => {
  const ring = ringOf(5, 10);
  expect(ids(ring.list({ after: 3 }))).toEqual(["id-long-4", "id-long-5"]);
  expect(ids(ring.list({ after: 5 }))).toEqual([]);
  expect(ids(ring.list({ limit: 2 }))).toEqual(["id-long-4", "id-long-5"]);
});

test("finds a request by its id, until others have taken its place", () => {
  const ring = ringOf(5, 3);
  expect(ring.find("id-long-5")?.id).toBe("id-long-5");
  expect(ring.find("id-long-2")).toBeUndefined();
});

test("finds the newest request that begins with eight characters or more", () => {
  const ring = ringOf(5, 10);
  expect(ring.find("id-long-")?.id).toBe("id-long-5");
  expect(ring.find("id-long")).toBeUndefined();
});

test("finds a request by the first eight characters of its id, and the newest of several", () => {
  const ring = createRequestRing();
  for (const requestId of ["0f3e2d1c-old", "0f3e2d1c-new", "11111111-other"]) {
    ring.add(keptRequestOf({ requestId }));
  }
  expect(ring.find("0f3e2d1c")?.id).toBe("0f3e2d1c-new");
  expect(ring.find("0f3e2d1c-o")?.id).toBe("0f3e2d1c-old");
  expect(ring.find("0f3e2d1")).toBeUndefined();
  expect(ring.find("")).toBeUndefined();
});

test("lists nothing after a position that it has not reached", () => {
  const list = ringOf(5, 10).list({ after: 99 });
  expect([ids(list), list.position]).toEqual([[], 5]);
});

test("filters by key, model, status, outcome and duration, all at once", () => {
  const ring = createRequestRing();
  const attempts = [attemptRecord("local/qwen", "upstream_failed"), attemptRecord("cloud/gpt")];
  ring.add(keptRequestOf({ requestId: "bot", caller: "bot", attempts, durationMs: 900 }));
  ring.add(keptRequestOf({ requestId: "failed", status: 502, outcome: "upstream_failed" }));
  ring.add(keptRequestOf({ requestId: "asked", askedModel: "made/up" }));
  expect(ids(ring.list({ key: "bot" }))).toEqual(["bot"]);
  expect(ids(ring.list({ model: "qwen" }))).toEqual(["bot"]);
  expect(ids(ring.list({ model: "made/up" }))).toEqual(["asked"]);
  expect(ids(ring.list({ status: "502" }))).toEqual(["failed"]);
  expect(ids(ring.list({ status: "5xx" }))).toEqual(["failed"]);
  expect(ids(ring.list({ status: "upstream_failed" }))).toEqual(["failed"]);
  expect(ids(ring.list({ slowMs: 900 }))).toEqual(["bot"]);
  expect(ids(ring.list({ slowMs: 900, status: "5xx" }))).toEqual([]);
});

test("shows a request with the names that all views share", () => {
  const ring = createRequestRing();
  const usage = { tokensIn: 100, tokensOut: 20, tokensCached: 60, tokensCacheWrite: 0 };
  const attempts = [
    attemptRecord("local/qwen", "upstream_failed", { failedStatus: 503, startedAtMs: 1001 }),
    attemptRecord("cloud/gpt", "ok", { startedAtMs: 1010, durationMs: 90, usage, costUsd: 0.25 }),
  ];
  ring.add(
    keptRequestOf({
      caller: "bot",
      attempts,
      isStream: true,
      durationMs: 101.26,
      firstOutputMs: 40,
      overheadMs: 0.345,
    }),
  );
  expect(ring.list({}).requests).toEqual([
    {
      id: "id-1",
      at: "2023-11-14T22:13:20.000Z",
      endpoint: "chat-completions",
      key: "bot",
      agent: "main",
      mode: "passthrough",
      askedModel: "openclaw",
      model: "cloud/gpt",
      attempts: [
        {
          target: "local/qwen",
          outcome: "upstream_failed",
          durationMs: 3,
          startMs: 1,
          skipped: false,
          wire: "openai-completions",
          status: 503,
          firstOutputMs: null,
        },
        {
          target: "cloud/gpt",
          outcome: "ok",
          durationMs: 90,
          startMs: 10,
          skipped: false,
          wire: "openai-completions",
          status: null,
          firstOutputMs: 2,
        },
      ],
      status: 200,
      outcome: "ok",
      fault: null,
      stream: true,
      tokensIn: 100,
      tokensOut: 20,
      tokensCached: 60,
      tokensReasoning: 0,
      costUsd: 0.25,
      firstOutputMs: 40,
      durationMs: 101.3,
      overheadMs: 0.3,
    },
  ]);
});

test("a request of an operator has no key", () => {
  const ring = createRequestRing();
  ring.add(keptRequestOf({ caller: "(operator)" }));
  ring.add(keptRequestOf({ caller: undefined, agentId: undefined, mode: undefined }));
  expect(ring.list({}).requests).toMatchObject([
    { key: null, agent: "main" },
    { key: null, agent: null, mode: null, model: null },
  ]);
});
