import { describe, expect, test } from "vitest";
import { RelayError } from "../../../src/errors.ts";
import {
  type AnswerMessage,
  type CallMessage,
  createCallee,
  createCaller,
  type Method,
} from "../../../src/plane/calls.ts";
import { stopClock } from "../../support/clock.ts";

const closed = () => new RelayError("client_closed", "The client closed its connection.");

/** A caller whose callee is the test. */
function callerAlone() {
  const sent: CallMessage[] = [];
  const caller = createCaller((message) => sent.push(message));
  return { caller, sent };
}

/** A caller and its callee. Messages are cloned, as between threads, and arrive at once. */
function connected(methods: Readonly<Record<string, Method>>) {
  const answers: AnswerMessage[] = [];
  const caller = createCaller((message) => callee.receive(structuredClone(message)));
  const callee = createCallee(new Map(Object.entries(methods)), (message) => {
    answers.push(message);
    caller.receive(structuredClone(message));
  });
  return { caller, callee, answers };
}

describe("a call that is not answered in time", () => {
  test("fails with an error that names the method, and is cancelled", async () => {
    const clock = stopClock();
    const { caller, sent } = callerAlone();
    const failure = caller.call("route", [1], { timeoutMs: 15_000 }).catch((e: unknown) => e);
    await clock.pass(14_999);
    expect(sent).toEqual([["call", 1, "route", [1]]]);
    await clock.pass(1);
    expect(await failure).toMatchObject({
      code: "gateway_silent",
      message: expect.stringContaining("within 15 s (route)"),
    });
    expect(sent.slice(1)).toEqual([
      ["cancel", 1, expect.objectContaining({ code: "gateway_silent" })],
    ]);
  });

  test("ignores answers that come later", async () => {
    const clock = stopClock();
    const { caller } = callerAlone();
    const heard: unknown[] = [];
    const onEvent = (event: unknown) => heard.push(event);
    const late = caller.call("runAgent", [], { timeoutMs: 10, onEvent }).catch((e: unknown) => e);
    const other = caller.call("route", [], { timeoutMs: 1000 });
    await clock.pass(10);
    caller.receive(["event", 1, "too late"]);
    caller.receive(["return", 1, "too late"]);
    caller.receive(["return", 2, "in time"]);
    expect(await late).toMatchObject({ code: "gateway_silent" });
    expect(await other).toBe("in time");
    expect(heard).toEqual([]);
  });

  test("is one without an event: after the first event, it may take as long as it needs", async () => {
    const clock = stopClock();
    const { caller } = callerAlone();
    const running = caller.call("runAgent", [], { timeoutMs: 10 });
    caller.receive(["event", 1, "begun"]);
    await clock.pass(3_600_000);
    caller.receive(["return", 1, "done"]);
    expect(await running).toBe("done");
  });
});

test("events arrive in their order, before the result and never after it", async () => {
  const { caller, callee, answers } = connected({
    count: async ([upTo]: readonly [number], { emit }) => {
      for (let at = 1; at <= upTo; at += 1) {
        emit(at);
        await Promise.resolve();
      }
      setImmediate(() => emit("after the end"));
      return "counted";
    },
  });
  const heard: unknown[] = [];
  const onEvent = (event: unknown) => heard.push(event);
  expect(await caller.call("count", [3], { timeoutMs: 1000, onEvent })).toBe("counted");
  await expect.poll(() => answers.length).toBe(5);
  expect(heard).toEqual([1, 2, 3]);
  callee.abortAll(closed());
});

test("answers reach the calls that they belong to", async () => {
  const ends: (() => void)[] = [];
  const { caller } = connected({
    echo: async ([value]: readonly [string]) => {
      await new Promise<void>((resolve) => ends.push(resolve));
      return value;
    },
  });
  const calls = ["a", "b"].map((value) => caller.call("echo", [value], { timeoutMs: 1000 }));
  for (const end of ends.toReversed()) {
    end();
  }
  expect(await Promise.all(calls)).toEqual(["a", "b"]);
});

test("a method that does not exist is an internal error", async () => {
  const { caller } = connected({});
  await expect(caller.call("constructor", [], { timeoutMs: 1000 })).rejects.toMatchObject({
    code: "internal_error",
  });
});

describe("a call that is cancelled", () => {
  test("waits for the callee's end, hears its events, and throws the signal's reason", async () => {
    const end = Promise.withResolvers<void>();
    const { caller } = connected({
      async run(_args, { signal, emit }) {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        await end.promise;
        emit((signal.reason as RelayError).code);
        throw signal.reason;
      },
    });
    const heard: unknown[] = [];
    const controller = new AbortController();
    let isOver = false;
    const failure = caller
      .call("run", [], {
        signal: controller.signal,
        timeoutMs: 1000,
        onEvent: (event: unknown) => heard.push(event),
      })
      .catch((error: unknown) => {
        isOver = true;
        return error;
      });
    const reason = closed();
    controller.abort(reason);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(false);
    end.resolve();
    expect(await failure).toBe(reason);
    expect(heard).toEqual(["client_closed"]);
  });

  test("does not wait longer than its time limit", async () => {
    const clock = stopClock();
    const { caller, sent } = callerAlone();
    const controller = new AbortController();
    const failure = caller
      .call("run", [], { signal: controller.signal, timeoutMs: 1000 })
      .catch((error: unknown) => error);
    caller.receive(["event", 1, "begun"]);
    await clock.pass(5000);
    const reason = closed();
    controller.abort(reason);
    await clock.pass(1000);
    expect(await failure).toBe(reason);
    expect(sent.map(([kind]) => kind)).toEqual(["call", "cancel"]);
  });

  test("before it starts, sends nothing", async () => {
    const { caller, sent } = callerAlone();
    const reason = closed();
    const signal = AbortSignal.abort(reason);
    await expect(caller.call("run", [], { signal, timeoutMs: 1000 })).rejects.toBe(reason);
    expect(sent).toEqual([]);
  });
});

test("all calls fail when the other thread is gone", async () => {
  const { caller } = callerAlone();
  const calls = [1, 2].map((arg) => caller.call("route", [arg], { timeoutMs: 1000 }));
  const settled = Promise.allSettled(calls);
  const gone = new RelayError("data_plane_failed", "It has ended.");
  caller.failAll(gone);
  expect((await settled).map((one) => one.status === "rejected" && one.reason)).toEqual([
    gone,
    gone,
  ]);
});

test("all methods that run are aborted when their caller is gone", async () => {
  const aborted: unknown[] = [];
  const { caller, callee } = connected({
    async run(_args, { signal }) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      aborted.push(signal.reason);
    },
  });
  const calls = [1, 2].map(() => caller.call("run", [], { timeoutMs: 1000 }));
  const gone = new RelayError("data_plane_failed", "It has ended.");
  callee.abortAll(gone);
  await Promise.all(calls);
  expect(aborted).toEqual([gone, gone]);
});
