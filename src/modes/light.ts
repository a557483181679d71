/**
 * Light mode: puts the agent's personality and the session's history in front of the client's messages, and forwards the
 * request. If the agent has host tools or stored sessions in light mode, the turn is an agent run with that prompt instead.
 */
import type { RequestBody } from "../protocols/protocol.ts";
import type { ConfigSource } from "../config/source.ts";
import { systemPrompt, type WorkspaceSource } from "../prompts/system-prompt.ts";
import type { WorkspaceFiles } from "../prompts/workspace-files.ts";
import type { SessionStore, StoredMessage } from "../sessions/session-store.ts";
import type { TurnQueue } from "../sessions/turn-queue.ts";
import { transformedEvents } from "../answer/transformed-events.ts";
import type { RunAgentTurn } from "../agent/agent-turn.ts";
import type { Forward } from "../upstream/forward-request.ts";
import type { Mode } from "./mode.ts";
import { recordingSink } from "../sessions/recording-sink.ts";
import { sessionOf } from "../sessions/session-of.ts";

/** Members that voice platforms add to a body. They are removed, because a provider may refuse unknown members. */
const platformMembers: ReadonlySet<string> = new Set([
  "call",
  "customer",
  "phoneNumber",
  "elevenlabs_extra_body",
]);

/** A larger answer is not added to its session. */
const maxRecordedBytes = 1024 * 1024;

export interface LightOptions {
  readonly host: ConfigSource & WorkspaceSource;
  readonly files: WorkspaceFiles;
  /** Returns the store of sessions: a new one after the config's bounds have changed. */
  readonly sessions: () => SessionStore;
  readonly turns: TurnQueue;
  readonly forward: Forward;
  readonly agentTurn: RunAgentTurn;
}

export function createLight(options: LightOptions): Mode {
  const { host, files, sessions, turns, forward, agentTurn } = options;
  return async (request) => {
    const config = host.config();
    const settings = config.agents[request.agentId];
    const tools = settings?.light?.tools ?? [];
    const agent = { id: request.agentId, workspace: host.workspace(request.agentId) };
    const key = sessionOf(request, config);
    const prompt = await systemPrompt(files, config, agent);
    if (tools.length > 0 || (key !== undefined && settings?.session?.ephemeral === false)) {
      await agentTurn(request, {
        prompt: { systemPrompt: prompt ?? "", tools },
        isEphemeral: true,
        keepAliveMs: config.light.keepAliveMs,
      });
      return;
    }
    const prefix =
      prompt === undefined ? [] : [JSON.stringify({ role: "system", content: prompt })];
    const sink = transformedEvents(request.sink, request.protocol.toolCallOrder);
    request.keepAlive(config.light.keepAliveMs);
    if (key === undefined) {
      const body = request.body.withMessagesInFront(prefix, platformMembers);
      await forward({ ...request, body, sink });
      return;
    }
    await turns.run(key, sink.signal, async () => {
      const store = sessions();
      const stored = await store.load(key);
      const clientMessages = conversationOf(request.body);
      // A client that sends assistant messages keeps the conversation itself: its copy replaces ours.
      const isResent = clientMessages.some(({ role }) => role === "assistant");
      const history = isResent ? [] : (stored ?? []).map(({ json }) => json);
      request.trace.session = stored === undefined ? "new" : "continued";
      const recording = recordingSink(sink, request.protocol, maxRecordedBytes);
      const body = request.body.withMessagesInFront([...prefix, ...history], platformMembers);
      await forward({ ...request, body, sink: recording.sink });
      const answer = recording.message();
      if (answer !== undefined) {
        await store.append(key, [...clientMessages, answer], isResent);
      }
    });
  };
}

/** The client's messages to store: without its system and developer messages, which it sends with each turn. */
function conversationOf(body: RequestBody): StoredMessage[] {
  const messages = body.value["messages"] as readonly unknown[];
  return messages
    .map((message) => ({ role: roleOf(message), json: JSON.stringify(message) }))
    .filter(({ role }) => role !== "system" && role !== "developer");
}

function roleOf(message: unknown): string {
  return typeof message === "object" && message !== null && "role" in message
    ? String(message.role)
    : "";
}
