/** `openclaw passthrough sessions`, without a subcommand: the sessions in memory. */
import type { GroupAction } from "../control/cli.ts";
import { relayOf } from "./ask.ts";
import { describeSessions } from "./describe-sessions.ts";
import type { ConsoleParts } from "./parts.ts";

export function sessionsNow({ ask, screen }: ConsoleParts): GroupAction {
  return {
    async run() {
      const { sessions, agentSessions } = relayOf((await ask.status()).value);
      const json = { sessions, agentSessions };
      return { text: describeSessions(json, screen()), json };
    },
  };
}
