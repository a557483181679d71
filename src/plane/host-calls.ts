/** The gateway's side of the ports: serves the data plane's calls with the host. */
import type { AgentRun } from "../agent/run.ts";
import type { AnswerEvent } from "../answer/answer-event.ts";
import { agentOfMemorySession, isMemorySessionKey } from "../agent/memory-session-key.ts";
import type { RelayHost } from "./relay-host.ts";
import type { Method } from "./calls.ts";
import type { HandOver } from "./hand-over.ts";
import type { RuntimeCall } from "../upstream/ports.ts";

/** An agent run without its callbacks and its signal. */
export type PlainRun = Omit<AgentRun, "signal" | "onText" | "onError" | "onStep">;

/** What happens during a run, in order. `begun` says that the gateway has the run. */
export type RunEvent =
  | { readonly kind: "begun" }
  | { readonly kind: "text"; readonly piece: Parameters<AgentRun["onText"]>[0] }
  | { readonly kind: "error"; readonly message: string }
  | { readonly kind: "step"; readonly step: Parameters<AgentRun["onStep"]>[0] };

/** A call of a model without its callbacks and its signal. */
export type PlainCall = Omit<RuntimeCall, "signal" | "onBegin" | "onEvents">;

/** What happens during a call of a model, in order. */
export type CallEvent =
  | { readonly kind: "begun" }
  | { readonly kind: "events"; readonly events: readonly AnswerEvent[] };

export interface HostCalls {
  readonly methods: ReadonlyMap<string, Method>;
  /** Deletes the sessions in memory that the data plane has opened and not deleted, because it is gone. */
  deleteSessions(): void;
}

/** Ports that take and return plain data only. */
const plainPorts = [
  "lookUpModel",
  "directTarget",
  "directModels",
  "providers",
  "describeTarget",
  "route",
  "embeddingsRoute",
  "credential",
  "nextCredential",
] as const satisfies readonly (keyof RelayHost)[];

/** @param within runs in the async context of a request that the gateway has handed over. */
export function createHostCalls(host: RelayHost, within: HandOver["within"]): HostCalls {
  const memorySessions = new Set<string>();
  const deleteMemorySession = (agentId: string, sessionKey: string) =>
    host.deleteMemorySession(agentId, sessionKey).finally(() => memorySessions.delete(sessionKey));
  const plain = plainPorts.map((name): readonly [string, Method] => [
    name,
    (args: readonly never[]) => (host[name] as (...given: readonly never[]) => unknown)(...args),
  ]);
  return {
    methods: new Map<string, Method>([
      ...plain,
      [
        "deleteMemorySession",
        ([agentId, sessionKey]: readonly [string, string]) =>
          deleteMemorySession(agentId, sessionKey),
      ],
      [
        "loadImages",
        ([urls]: readonly [readonly string[]], { signal }) => host.loadImages(urls, signal),
      ],
      [
        "runAgent",
        ([run]: readonly [PlainRun], { signal, emit }) => {
          if (isMemorySessionKey(run.sessionKey)) {
            memorySessions.add(run.sessionKey);
          }
          const send = (event: RunEvent) => emit(event);
          send({ kind: "begun" });
          return within(run.handedOverAs, () =>
            host.runAgent({
              ...run,
              signal,
              onText: (piece) => send({ kind: "text", piece }),
              onError: (message) => send({ kind: "error", message }),
              onStep: (step) => send({ kind: "step", step }),
            }),
          );
        },
      ],
      [
        "callModel",
        ([call]: readonly [PlainCall], { signal, emit }) => {
          const send = (event: CallEvent) => emit(event);
          return host.callModel({
            ...call,
            signal,
            onBegin: () => send({ kind: "begun" }),
            onEvents: (events) => send({ kind: "events", events }),
          });
        },
      ],
    ]),
    deleteSessions() {
      for (const sessionKey of memorySessions) {
        // If this fails, the session ends with the gateway's process.
        deleteMemorySession(agentOfMemorySession(sessionKey), sessionKey).catch(() => undefined);
      }
    },
  };
}
