/** The composition root: a host in, route handlers out. */
import { createChatCompletions } from "./endpoints/chat-completions.ts";
import { createEmbeddings } from "./endpoints/embeddings.ts";
import { createModels } from "./endpoints/models.ts";
import { createStatus, type Status } from "./control/status.ts";
import type { Host } from "./host/host.ts";
import { createRoute, type RouteHandler } from "./http/route.ts";
import { createAgent } from "./modes/agent.ts";
import { createAgentTurn } from "./modes/agent-turn.ts";
import { createGuards } from "./modes/guards.ts";
import { createKeyRing } from "./modes/key-ring.ts";
import { createLight } from "./modes/light.ts";
import { createPassthrough } from "./modes/passthrough.ts";
import { createRelayCall } from "./modes/relay-call.ts";
import { createWorkspaceFiles } from "./prompts/workspace-files.ts";
import { createCounters } from "./telemetry/counters.ts";
import type { Subscriber } from "./telemetry/events.ts";
import { createAgentSessions } from "./sessions/agent-session.ts";
import { createRunSessions } from "./sessions/run-sessions.ts";
import { createSessions } from "./sessions/sessions.ts";
import { createTurnQueue } from "./sessions/turn-queue.ts";
import { createRelayLog, type Logger } from "./telemetry/log.ts";
import { createDispatchers } from "./upstream/dispatchers.ts";

export interface Relay {
  readonly chatCompletions: RouteHandler;
  readonly embeddings: RouteHandler;
  readonly models: RouteHandler;
  status(): Promise<Status>;
  /** Lets go of sessions that have expired. */
  sweep(): Promise<void>;
  /** Closes the connections to providers, each when its last answer has ended. */
  close(): Promise<void>;
}

export interface RelayOptions {
  readonly host: Host;
  readonly logger: Logger;
}

export function createRelay({ host, logger }: RelayOptions): Relay {
  const counters = createCounters();
  const subscribers = [createRelayLog(logger), counters.subscriber];
  const publish: Subscriber = (event) => {
    for (const subscriber of subscribers) {
      subscriber(event);
    }
  };
  const dispatchers = createDispatchers();
  const guards = createGuards(publish);
  const keys = createKeyRing({ host, publish });
  const parts = { host, dispatchers, guards, keys };

  const sessions = createSessions(() => host.config().sessions.ephemeral);
  const turns = createTurnQueue();
  const runSessions = createRunSessions({
    bounds: () => host.config().sessions.ephemeral,
    turns,
    keyFor: host.memorySessionKey,
    release: (agentId, sessionKey) =>
      host.deleteMemorySession(agentId, sessionKey).then(
        () => undefined,
        () => publish({ kind: "session-kept", agentId }),
      ),
  });
  const agentTurn = createAgentTurn({ host, sessions: createAgentSessions(turns, runSessions) });
  const chatCall = createRelayCall({ ...parts, route: host.route, resource: "/chat/completions" });
  const embeddingsCall = createRelayCall({
    ...parts,
    route: host.embeddingsRoute,
    resource: "/embeddings",
  });
  return {
    chatCompletions: createRoute({
      name: "chat-completions",
      method: "POST",
      endpoint: createChatCompletions(host, {
        agent: createAgent(host, agentTurn),
        passthrough: createPassthrough(host, chatCall),
        light: createLight({
          host,
          files: createWorkspaceFiles(),
          sessions,
          turns,
          call: chatCall,
          agentTurn,
        }),
      }),
      publish,
    }),
    embeddings: createRoute({
      name: "embeddings",
      method: "POST",
      endpoint: createEmbeddings(host, embeddingsCall),
      publish,
    }),
    models: createRoute({
      name: "models",
      method: "GET",
      endpoint: createModels(host),
      publish,
    }),
    status: createStatus({
      host,
      counters,
      dispatchers,
      gauges: guards.gauges,
      sessions: () => sessions().stats(),
      agentSessions: () => runSessions.stats(),
    }),
    async sweep() {
      runSessions.sweep();
      await sessions().sweep();
    },
    async close() {
      await Promise.all([dispatchers.close(), runSessions.close()]);
      host.close();
    },
  };
}
