/** Agent: a whole turn of the agent, with its prompt, tools, skills and memory, as on core's own endpoint. */
import type { Host } from "../host/host.ts";
import type { RunAgentTurn } from "./agent-turn.ts";
import type { Mode } from "./mode.ts";

export function createAgent(host: Pick<Host, "config">, runTurn: RunAgentTurn): Mode {
  return (request) =>
    runTurn(request, {
      prompt: undefined,
      isEphemeral: false,
      keepAliveMs: host.config().sse.keepAliveMs,
    });
}
