import type { AgentRun } from "../../src/agent/run.ts";

/** A run of one short message. @param more parts that differ. */
export function agentRun(more: Partial<AgentRun> = {}): AgentRun {
  return {
    runId: "run",
    handedOverAs: undefined,
    sessionKey: "agent:main:main",
    messageChannel: undefined,
    conversation: { history: [], current: "hi", imageUrls: [], instructions: undefined },
    instructions: undefined,
    images: [],
    tools: [],
    streamParams: undefined,
    trimmed: undefined,
    hostTools: undefined,
    signal: new AbortController().signal,
    onText: () => undefined,
    onError: () => undefined,
    onStep: () => undefined,
    ...more,
  };
}
