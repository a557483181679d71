/** Lists the agent runs under way, for the status. */

export interface RunUnderWay {
  readonly agent: string;
  /** The name of the caller's virtual key; null for an operator. */
  readonly key: string | null;
  readonly ageMs: number;
  /** Model calls so far, including the one under way. */
  readonly modelCalls: number;
}

export interface RunsUnderWay {
  /** Adds a run. Call `end` when it has ended. */
  begin(run: Pick<RunUnderWay, "agent" | "key">): { countCall(): void; end(): void };
  /** Oldest first. */
  list(): readonly RunUnderWay[];
}

/** @param now milliseconds from any origin. */
export function createRunsUnderWay(now: () => number = () => performance.now()): RunsUnderWay {
  const runs = new Set<{ agent: string; key: string | null; begunAtMs: number; calls: number }>();
  return {
    begin({ agent, key }) {
      const run = { agent, key, begunAtMs: now(), calls: 0 };
      runs.add(run);
      return {
        countCall() {
          run.calls += 1;
        },
        end: () => void runs.delete(run),
      };
    },
    list: () =>
      [...runs].map(({ agent, key, begunAtMs, calls }) => ({
        agent,
        key,
        ageMs: Math.round(now() - begunAtMs),
        modelCalls: calls,
      })),
  };
}
