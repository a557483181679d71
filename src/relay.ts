/** The composition root: a host in, route handlers out. */
import { createChatCompletions } from "./endpoints/chat-completions.ts";
import { createEmbeddings } from "./endpoints/embeddings.ts";
import { createModels } from "./endpoints/models.ts";
import { createStatus, type Status } from "./control/status.ts";
import type { Host } from "./host/host.ts";
import { createRoute, type RouteHandler } from "./http/route.ts";
import { createDirectCall } from "./modes/direct-call.ts";
import { createCounters } from "./telemetry/counters.ts";
import { createRequestLog, type Logger } from "./telemetry/log.ts";
import { createDispatchers } from "./upstream/dispatchers.ts";

export interface Relay {
  readonly chatCompletions: RouteHandler;
  readonly embeddings: RouteHandler;
  readonly models: RouteHandler;
  status(): Status;
  /** Closes the connections to providers, each when its last answer has ended. */
  close(): Promise<void>;
}

export interface RelayOptions {
  readonly host: Host;
  readonly logger: Logger;
  /** How long a connection to a provider may take to open, in milliseconds. */
  readonly connectTimeoutMs?: number;
}

export function createRelay(options: RelayOptions): Relay {
  const { host, logger, connectTimeoutMs = 3000 } = options;
  const dispatchers = createDispatchers({ connectTimeoutMs });
  const counters = createCounters();
  const subscribers = [createRequestLog(logger), counters.subscriber];

  const chatCall = createDirectCall({
    host,
    dispatchers,
    route: host.route,
    resource: "/chat/completions",
  });
  const embeddingsCall = createDirectCall({
    host,
    dispatchers,
    route: host.embeddingsRoute,
    resource: "/embeddings",
  });
  return {
    chatCompletions: createRoute({
      name: "chat-completions",
      method: "POST",
      endpoint: createChatCompletions(host, chatCall),
      subscribers,
    }),
    embeddings: createRoute({
      name: "embeddings",
      method: "POST",
      endpoint: createEmbeddings(host, embeddingsCall),
      subscribers,
    }),
    models: createRoute({
      name: "models",
      method: "GET",
      endpoint: createModels(host),
      subscribers,
    }),
    status: createStatus({ host, counters, dispatchers }),
    close: () => dispatchers.close(),
  };
}
