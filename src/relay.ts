/** Composition root: takes the host's ports, returns routes, start, stop and status. */
import { join } from "node:path";
import { endpointTable, keyEndpointTable } from "./endpoints/table.ts";
import { createUnknown } from "./endpoints/unknown.ts";
import { createEnforceQuota, withoutQuota } from "./endpoints/enforce-quota.ts";
import { createHousekeeping } from "./control/housekeeping.ts";
import { coreEndpointProblem } from "./control/core-endpoint-problem.ts";
import { describeListening } from "./control/describe-listening.ts";
import { keyProblem, keysWithPaths } from "./control/key-problems.ts";
import { createProblemFacts } from "./control/problem-facts.ts";
import { createProblemWatch } from "./control/problem-watch.ts";
import { findProblems } from "./control/problems.ts";
import { createStatus, type Status } from "./control/status.ts";
import type { HostPorts } from "./host/create-host.ts";
import { createRoute, type RouteHandler } from "./http/route.ts";
import { createRouter, type ServedRoute, serveRoutes, type SurfaceOptions } from "./http/router.ts";
import { createAuthenticate } from "./access/authenticate.ts";
import { type Caller, keyHolder, operator } from "./access/caller.ts";
import { keyFilePath } from "./access/key-file.ts";
import { createLedger } from "./quota/ledger.ts";
import { createLedgerFile, ledgerPath } from "./quota/ledger-file.ts";
import { limitHeaders } from "./quota/limit-headers.ts";
import { createLimiter } from "./quota/limiter.ts";
import { createLiveKeys } from "./access/live-keys.ts";
import { createWatchedKeyFile } from "./access/watched-key-file.ts";
import { createFailedLogins } from "./access/failed-logins.ts";
import { createAgent } from "./modes/agent.ts";
import { createAgentTurn } from "./agent/agent-turn.ts";
import { createCredentials } from "./upstream/credentials.ts";
import { createGuards } from "./upstream/guards.ts";
import { createLight } from "./modes/light.ts";
import { createPassthrough } from "./modes/passthrough.ts";
import { createForward } from "./upstream/forward.ts";
import { configuredOrder } from "./routing/candidates.ts";
import { openAiChat } from "./protocols/openai-chat/protocol.ts";
import { systemPrompt } from "./prompts/system-prompt.ts";
import { createRunsUnderWay } from "./telemetry/runs-under-way.ts";
import { createWorkspaceFiles } from "./prompts/workspace-files.ts";
import { createCounters } from "./telemetry/counters.ts";
import type { Subscriber } from "./telemetry/events.ts";
import { createAgentSessions } from "./agent/agent-session.ts";
import { createHostSessions } from "./agent/host-sessions.ts";
import { createMemoryStore } from "./sessions/memory-store.ts";
import { perBounds } from "./sessions/per-bounds.ts";
import { createTurnQueue } from "./sessions/turn-queue.ts";
import { createRelayLog, type Logger } from "./telemetry/log.ts";
import { createDispatchers } from "./upstream/dispatchers.ts";

/** Base path of the endpoints for operators. */
const operatorBase = "/v1";
/** Base path of the endpoints for callers with a virtual key. */
const keyedBase = "/passthrough/v1";

/** A route as the gateway registers it. */
interface RelayRoute extends ServedRoute {
  /** Who authenticates the caller: the gateway, or the relay, which accepts only virtual keys. */
  readonly auth: "gateway" | "relay";
}

export interface Relay {
  readonly routes: readonly RelayRoute[];
  status(): Promise<Status>;
  /**
   * Reads the virtual keys and their usage, and starts periodic jobs. Until both are read, requests with a key wait.
   * @returns the problem that keeps requests from reaching the relay; undefined if there is none.
   */
  start(): Promise<string | undefined>;
  /** Stops periodic jobs, writes usage, and closes the connections to providers after their last answers. */
  stop(): Promise<void>;
}

export interface RelayOptions {
  readonly host: HostPorts;
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
  const guards = createGuards({ host, publish });
  const credentials = createCredentials({ host, publish });

  const sessionBounds = () => host.config().sessions.ephemeral;
  const sessions = perBounds(sessionBounds, (bounds) => createMemoryStore(bounds));
  const turns = createTurnQueue();
  const hostSessions = createHostSessions({
    bounds: sessionBounds,
    turns,
    keyFor: host.memorySessionKey,
    release: (agentId, sessionKey) =>
      host.deleteMemorySession(agentId, sessionKey).then(
        () => undefined,
        () => publish({ kind: "session-kept", agentId }),
      ),
  });
  const runsUnderWay = createRunsUnderWay();
  const agentTurn = createAgentTurn({
    host,
    sessions: createAgentSessions(turns, hostSessions),
    runsUnderWay,
  });
  const forward = createForward({ dispatchers, guards, credentials });
  const files = createWorkspaceFiles();
  const modes = {
    agent: createAgent(host, agentTurn),
    passthrough: createPassthrough(host, forward),
    light: createLight({
      host,
      files,
      sessions,
      turns,
      forward,
      agentTurn,
    }),
  };
  const keyFile = () => join(host.stateFolder(), keyFilePath);
  const keys = createLiveKeys({
    declared: () => host.config().keys,
    file: createWatchedKeyFile(keyFile),
    path: keyFile,
  });
  const ledger = createLedger({ hasKey: (keyId) => keys.directory().hasId(keyId) });
  const gatherFacts = createProblemFacts({
    host,
    keys: () => keysWithPaths(keys.keys(), { declared: host.config().keys, filePath: keyFile() }),
    readPrompt: (id) => systemPrompt(files, host.config(), { id, workspace: host.workspace(id) }),
  });
  const problems = createProblemWatch({
    find: async () => findProblems(await gatherFacts()),
    snapshot: keys.keys,
    logger,
  });
  const ledgerFile = createLedgerFile(ledger, () => join(host.stateFolder(), ledgerPath));
  const limiter = createLimiter({ spending: ledger.spending });
  const sources = { ...host, order: configuredOrder, isHealthy: guards.isHealthy };
  const endpoints = { sources, modes, forward, limiter, ledger };
  const enforceQuota = createEnforceQuota({ limiter, ledger });
  const operatorSurface = { base: operatorBase, enforceQuota: withoutQuota };
  const operatorRoutes = serveRoutes(endpointTable(endpoints, operatorSurface), {
    base: operatorBase,
    authenticate: () => operator(host.operatorScopes()),
    publish,
  });
  const authenticate = createAuthenticate({
    directory: keys.directory,
    failedLogins: createFailedLogins(),
  });
  const keyTable = [
    ...endpointTable(endpoints, { base: keyedBase, enforceQuota }),
    ...keyEndpointTable(endpoints),
  ];
  const keySurface: SurfaceOptions<Caller> = {
    base: keyedBase,
    authenticate: (request, trace) => {
      const { headers, socket } = request;
      const { remoteAddress } = socket;
      const grant = authenticate(headers, () => host.clientAddress({ headers, remoteAddress }));
      trace.limitHeaders = () => limitHeaders(limiter.quotas(grant));
      return keyHolder(grant);
    },
    publish,
  };
  const unknown = enforceQuota(
    createUnknown(keyTable.map(({ method, path }) => `${method} ${keyedBase}${path}`)),
  );
  const serveKeyed = createRouter(
    serveRoutes(keyTable, keySurface),
    createRoute({
      ...keySurface,
      name: "unknown",
      method: undefined,
      protocol: openAiChat,
      endpoint: unknown,
    }),
  );
  // The gateway sends requests some milliseconds before it starts the service that opens the files. They wait: which keys
  // there are, and what they have spent, is not known before.
  const opened = Promise.withResolvers<void>();
  let handleKeyed: RouteHandler = (request, response) =>
    opened.promise.then(() => serveKeyed(request, response));
  const housekeeping = createHousekeeping({
    relay: {
      open: () =>
        keys
          .refresh()
          .then(ledgerFile.open)
          .finally(() => {
            handleKeyed = serveKeyed;
            opened.resolve();
          }),
      refreshKeys: keys.refresh,
      keyProblems: keys.problems,
      flushLedger: ledgerFile.flush,
      async sweep() {
        hostSessions.sweep();
        await sessions().sweep();
      },
    },
    logger,
  });
  return {
    routes: [
      ...operatorRoutes.map((route) => Object.assign(route, { auth: "gateway" as const })),
      {
        path: keyedBase,
        match: "prefix",
        auth: "relay",
        handler: (request, response) => handleKeyed(request, response),
      },
    ],
    status: createStatus({
      host,
      problems: async () => [...(await problems.current()), ...keys.problems().map(keyProblem)],
      counters,
      dispatchers,
      gauges: () => ({ ...guards.gauges(), refusedCredentials: credentials.refused() }),
      sessions: () => sessions().stats(),
      agentSessions: () => hostSessions.stats(),
      runs: runsUnderWay.list,
    }),
    async start() {
      await housekeeping.start();
      problems.start();
      const { mode } = host.config();
      const keyCount = Object.keys(keys.keys()).length;
      logger.info(
        `passthrough: ${describeListening({ mode, port: host.gatewayPort(), keyCount })}`,
      );
      return coreEndpointProblem(host.coreEndpoints());
    },
    async stop() {
      housekeeping.stop();
      problems.stop();
      await Promise.all([dispatchers.close(), hostSessions.close(), ledgerFile.flush()]);
      host.close();
    },
  };
}
