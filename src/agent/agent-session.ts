/** Which of the host's sessions an agent's turn runs in: one that lasts, one in memory, or one for itself. */
import { randomUUID } from "node:crypto";
import { RelayError } from "../errors.ts";
import type { RunSessions } from "./run-sessions.ts";
import type { TurnQueue } from "../sessions/turn-queue.ts";

interface AgentSessionQuestion {
  readonly agentId: string;
  /** The stable key of the request's session; undefined where it names none. */
  readonly key: string | undefined;
  /** Whether the agent's keyed sessions live in memory. */
  readonly isEphemeral: boolean;
  /** What becomes of a turn without a key. */
  readonly anonymous: "ephemeral" | "persist";
  /** Ends the wait for the turn. */
  readonly signal: AbortSignal;
}

/** Whether a session in memory was there already; undefined for one that the host keeps, or that is for one turn. */
type SessionStatus = "new" | "continued" | undefined;

type Turn<R> = (hostKey: string, status: SessionStatus) => Promise<R>;

export interface AgentSessions {
  /** Runs a turn when it is its key's turn. */
  run<R>(question: AgentSessionQuestion, turn: Turn<R>): Promise<R>;
}

export function createAgentSessions(turns: TurnQueue, sessions: RunSessions): AgentSessions {
  return {
    run({ agentId, key, isEphemeral, anonymous, signal }, turn) {
      if (key === undefined) {
        return anonymous === "ephemeral"
          ? sessions.once(agentId, (hostKey) => turn(hostKey, undefined))
          : turn(`agent:${agentId}:openai:${randomUUID()}`, undefined);
      }
      return turns.run(key, signal, () => {
        if (!isEphemeral) {
          return turn(hostKeyOf(agentId, key), undefined);
        }
        const { hostKey, status } = sessions.open(agentId, key);
        return turn(hostKey, status);
      });
    },
  };
}

/**
 * The host takes a key without an agent for one of its default agent's.
 * @throws RelayError `invalid_session` for a key of another agent: the host would run that one, with the wrong prompt.
 */
function hostKeyOf(agentId: string, key: string): string {
  const owner = /^agent:([^:]*):/i.exec(key)?.[1];
  if (owner === undefined) {
    return `agent:${agentId}:${key}`;
  }
  if (owner.toLowerCase() !== agentId) {
    throw new RelayError(
      "invalid_session",
      `This session belongs to another agent. Ask for \`openclaw/${owner}\`, or for a session of \`${agentId}\`.`,
      { param: "x-openclaw-session-key" },
    );
  }
  return key;
}
