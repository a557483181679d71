/** Chooses the host session of an agent turn: stored, in memory, or for this turn only. */
import { randomUUID } from "node:crypto";
import { RelayError } from "../errors.ts";
import type { HostSessions } from "./host-sessions.ts";
import type { TurnQueue } from "../sessions/turn-queue.ts";

interface AgentSessionQuestion {
  readonly agentId: string;
  /** Stable key of the request's session; undefined if the request names none. */
  readonly key: string | undefined;
  /** Whether the agent's keyed sessions live in memory. */
  readonly isEphemeral: boolean;
  /** For a turn without a key: `ephemeral` deletes its session afterwards, `persist` leaves it in the host. */
  readonly anonymous: "ephemeral" | "persist";
  /** If it is aborted before the turn begins, the turn does not run. */
  readonly signal: AbortSignal;
}

/** Whether a session in memory existed already. Undefined for a stored session and for one that serves a single turn. */
type SessionStatus = "new" | "continued" | undefined;

type Turn<R> = (hostKey: string, status: SessionStatus) => Promise<R>;

export interface AgentSessions {
  /** Runs a turn in its session. Turns with the same key run one at a time. */
  run<R>(question: AgentSessionQuestion, turn: Turn<R>): Promise<R>;
}

export function createAgentSessions(turns: TurnQueue, sessions: HostSessions): AgentSessions {
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
 * Adds the agent to a key that names none: the host would assign that key to its default agent.
 * @throws RelayError `invalid_session` if the key names another agent: the host would run that one, with the wrong prompt.
 */
function hostKeyOf(agentId: string, key: string): string {
  const owner = /^agent:([^:]*):/i.exec(key)?.[1];
  if (owner === undefined) {
    return `agent:${agentId}:${key}`;
  }
  if (owner.toLowerCase() !== agentId) {
    throw new RelayError(
      "invalid_session",
      `This session belongs to another agent. Use the model \`openclaw/${owner}\`, or a session of \`${agentId}\`.`,
      { param: "x-openclaw-session-key" },
    );
  }
  return key;
}
