/** Calls between threads: a request and its answer, with events in between, cancellation and a time limit. */
import { asRelayError, RelayError } from "../errors.ts";
import { fromWireError, toWireError, type WireError } from "./wire-error.ts";

/** What the caller sends. */
export type CallMessage =
  | readonly ["call", id: number, name: string, args: readonly unknown[]]
  | readonly ["cancel", id: number, reason: WireError];

/** What the callee sends. */
export type AnswerMessage =
  | readonly ["event", id: number, event: unknown]
  | readonly ["return", id: number, value: unknown]
  | readonly ["throw", id: number, error: WireError];

export interface CallOptions {
  /** Cancels the call: it rejects with the signal's reason once the callee has ended it, or after `timeoutMs`. */
  readonly signal?: AbortSignal;
  /** Called for each event, in order, and never after the call has settled. */
  readonly onEvent?: (event: never) => void;
  /** Time limit for the first event or the answer. */
  readonly timeoutMs: number;
}

export interface Caller {
  /** @throws what the callee throws; RelayError `gateway_silent` if it is silent for too long; the signal's reason. */
  call<R>(name: string, args: readonly unknown[], options: CallOptions): Promise<R>;
  receive(message: AnswerMessage): void;
  /** Rejects the call of a message that cannot be cloned. */
  failUnsent(message: readonly [kind: string, ...unknown[]], cause: unknown): void;
  /** Rejects all calls under way, because the other thread is gone. */
  failAll(error: RelayError): void;
}

interface PendingCall {
  readonly onEvent: ((event: never) => void) | undefined;
  readonly heard: () => void;
  readonly settle: (finish: () => void) => void;
  readonly resolve: (value: never) => void;
  readonly reject: (error: RelayError) => void;
}

export function createCaller(send: (message: CallMessage) => void): Caller {
  const pending = new Map<number, PendingCall>();
  let lastId = 0;
  return {
    async call<R>(name: string, args: readonly unknown[], options: CallOptions): Promise<R> {
      const { signal, onEvent, timeoutMs } = options;
      signal?.throwIfAborted();
      const id = (lastId += 1);
      const { promise, resolve, reject } = Promise.withResolvers<R>();
      const cancel = (reason: unknown) => send(["cancel", id, toWireError(reason)]);
      let timer = setTimeout(() => {
        const silent = gatewaySilent(name, timeoutMs);
        cancel(silent);
        settle(() => reject(silent));
      }, timeoutMs);
      // Wait for the callee's end: a run reports what it has used up to then.
      const onAbort = () => {
        cancel(signal?.reason);
        clearTimeout(timer);
        timer = setTimeout(() => settle(() => reject(signal?.reason as Error)), timeoutMs);
      };
      const settle = (finish: () => void) => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        pending.delete(id);
        finish();
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      pending.set(id, {
        onEvent,
        heard() {
          if (signal?.aborted !== true) {
            clearTimeout(timer);
          }
        },
        settle,
        resolve,
        reject: (error) => reject(signal?.aborted === true ? (signal.reason as Error) : error),
      });
      send(["call", id, name, args]);
      return promise;
    },
    receive([kind, id, content]) {
      const call = pending.get(id);
      if (call === undefined) {
        return;
      }
      if (kind === "event") {
        call.heard();
        call.onEvent?.(content as never);
      } else if (kind === "return") {
        call.settle(() => call.resolve(content as never));
      } else {
        call.settle(() => call.reject(fromWireError(content)));
      }
    },
    failUnsent([kind, id], cause) {
      const call = kind === "call" ? pending.get(id as number) : undefined;
      call?.settle(() => call.reject(asRelayError(cause)));
    },
    failAll(error) {
      for (const call of pending.values()) {
        call.settle(() => call.reject(error));
      }
    },
  };
}

function gatewaySilent(name: string, timeoutMs: number): RelayError {
  return new RelayError(
    "gateway_silent",
    `The gateway did not answer within ${timeoutMs / 1000} s (${name}). It may be overloaded. Try again later.`,
  );
}

/** Serves one call. @param call its signal is aborted when the caller cancels; `emit` sends an event. */
export type Method = (
  args: never,
  call: { readonly signal: AbortSignal; readonly emit: (event: unknown) => void },
) => unknown;

/** What is sent in place of an answer or an event that cannot be cloned: the call fails. Undefined for other messages. */
export function failedAnswer(
  message: readonly [kind: string, ...unknown[]],
  cause: unknown,
): AnswerMessage | undefined {
  const [kind, id] = message;
  return kind === "return" || kind === "event"
    ? ["throw", id as number, toWireError(cause)]
    : undefined;
}

export interface Callee {
  receive(message: CallMessage): void;
  /** Aborts all calls under way, because their caller is gone. */
  abortAll(reason: RelayError): void;
}

export function createCallee(
  methods: ReadonlyMap<string, Method>,
  send: (message: AnswerMessage) => void,
): Callee {
  const running = new Map<number, AbortController>();
  const run = async (id: number, name: string, args: readonly unknown[]) => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const method = methods.get(name);
      if (method === undefined) {
        throw new Error(`there is no method ${name}`);
      }
      const value = await method(args as never, {
        signal: controller.signal,
        emit: (event) => send(["event", id, event]),
      });
      send(["return", id, value]);
    } catch (failure) {
      send(["throw", id, toWireError(failure)]);
    } finally {
      running.delete(id);
    }
  };
  return {
    receive(message) {
      if (message[0] === "call") {
        const [, id, name, args] = message;
        void run(id, name, args);
      } else {
        const [, id, reason] = message;
        running.get(id)?.abort(fromWireError(reason));
      }
    },
    abortAll(reason) {
      for (const controller of running.values()) {
        controller.abort(reason);
      }
    },
  };
}
