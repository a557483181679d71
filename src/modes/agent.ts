/** Agent mode: a full agent turn with the agent's prompt, tools, skills and memory, as on core's own endpoint. */
import type { ConfigSource } from "../config/source.ts";
import type { RunAgentTurn } from "../agent/agent-turn.ts";
import type { Mode } from "./mode.ts";

export function createAgent(host: ConfigSource, runTurn: RunAgentTurn): Mode {
  return (request) =>
    runTurn(request, {
      prompt: undefined,
      isEphemeral: false,
      keepAliveMs: host.config().sse.keepAliveMs,
    });
}
