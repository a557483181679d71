/** Composition root: takes the host's ports, returns routes, start, stop and status. */
import { join } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import { memorySessionKey } from "./agent/memory-session-key.ts";
import { createSurfaces, type Surfaces } from "./endpoints/surfaces.ts";
import type { RelayHost } from "./plane/relay-host.ts";
import { createAlerts } from "./alerts/alerts.ts";
import { alertFacts } from "./control/alert-facts.ts";
import { createHousekeeping } from "./control/housekeeping.ts";
import { describeListening } from "./control/describe-listening.ts";
import type { Problem } from "./control/problems.ts";
import { createAskProviders } from "./doctor/ask-providers.ts";
import { usageFileProblems } from "./doctor/file-problems.ts";
import { keyProblem, keysWithPaths } from "./doctor/key-problems.ts";
import { createProblemFacts } from "./doctor/gather-facts.ts";
import { createProblemWatch } from "./doctor/problem-watch.ts";
import { findProblems } from "./doctor/find-problems.ts";
import { createMetricsSource, type ListenerState } from "./control/metrics-source.ts";
import { createStatus, type Status } from "./control/status.ts";
import type { RelayError } from "./errors.ts";
import { createOpenClients } from "./http/open-clients.ts";
import type { RouteHandler } from "./http/route.ts";
import { createAuthenticate } from "./access/authenticate.ts";
import { keyFilePath } from "./access/key-file.ts";
import { createLedger } from "./quota/ledger.ts";
import { createLedgerFile, ledgerPath } from "./quota/ledger-file.ts";
import { createLimiter } from "./quota/limiter.ts";
import { createLiveKeys } from "./access/live-keys.ts";
import { createWatchedKeyFile } from "./access/watched-key-file.ts";
import { createFailedLogins } from "./access/failed-logins.ts";
import { createAgent } from "./modes/agent.ts";
import { createAgentTurn } from "./agent/agent-turn.ts";
import { createCredentials } from "./upstream/credentials.ts";
import { createGuards } from "./upstream/guards.ts";
import { createOpaqueStates } from "./upstream/opaque-state.ts";
import { createLight } from "./modes/light.ts";
import { createPassthrough } from "./modes/passthrough.ts";
import { createForward } from "./upstream/forward.ts";
import { configuredOrder } from "./routing/candidates.ts";
import { systemPrompt } from "./prompts/system-prompt.ts";
import { createTracing, type Tracing } from "./tracing/tracing.ts";
import { createRunsUnderWay } from "./telemetry/runs-under-way.ts";
import { createWorkspaceFiles } from "./prompts/workspace-files.ts";
import { createEventBatches } from "./telemetry/event-batches.ts";
import { createSnapshot } from "./telemetry/snapshot.ts";
import type { Subscriber } from "./telemetry/events.ts";
import type { RequestRing } from "./telemetry/request-ring.ts";
import type { SeriesRange, SeriesView } from "./telemetry/views.ts";
import { keyLimits } from "./control/key-limits.ts";
import { createAgentSessions } from "./agent/agent-session.ts";
import { createHostSessions } from "./agent/host-sessions.ts";
import { createMemoryStore } from "./sessions/memory-store.ts";
import { perBounds } from "./sessions/per-bounds.ts";
import { createTurnQueue } from "./sessions/turn-queue.ts";
import { createRelayLog, type Logger } from "./telemetry/log.ts";
import { createDispatchers } from "./upstream/dispatchers.ts";

export interface Relay {
  readonly surfaces: Surfaces;
  status(): Promise<Status>;
  /** The last requests. */
  readonly requests: () => Pick<RequestRing, "list" | "find">;
  readonly tracing: Pick<Tracing, "look" | "status">;
  /** Counts over time. */
  series(range: SeriesRange): SeriesView;
  /** Asks the providers with each credential. @returns what is wrong with them. */
  askProviders(): Promise<readonly Problem[]>;
  /** Whether the keys and their usage are read, so that requests with a key are served at once. */
  isServing(): boolean;
  /** Ends the listener's answers under way with an error, because the thread ends. Waits for nothing. */
  failAll(error: RelayError): void;
  /**
   * Reads the virtual keys and their usage, and starts periodic jobs. Until both are read, requests with a key wait.
   */
  start(): Promise<void>;
  /** Stops periodic jobs, writes usage, and closes the connections to providers after their last answers. */
  stop(): Promise<void>;
}

export interface RelayOptions {
  readonly host: RelayHost;
  readonly logger: Logger;
  /** Hears every event, too. */
  readonly subscriber?: Subscriber;
  /** The state of the relay's own listener, for the metrics; undefined if it is off. */
  readonly listener?: () => ListenerState | undefined;
}

export function createRelay({ host, logger, subscriber, listener }: RelayOptions): Relay {
  const snapshot = createSnapshot();
  const counting = createEventBatches(snapshot.subscriber);
  /** The snapshot with all that has happened. */
  const counted = () => {
    counting.flush();
    return snapshot;
  };
  const tracing = createTracing({ settings: () => host.config().otlp, logger });
  const log = createRelayLog(logger, () => host.config().log);
  const own = [log.subscriber, counting.subscriber, tracing.subscriber];
  const subscribers = subscriber === undefined ? own : [...own, subscriber];
  const publish: Subscriber = (event) => {
    for (const hear of subscribers) {
      hear(event);
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
    keyFor: memorySessionKey,
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
  const states = createOpaqueStates();
  const forward = createForward({ dispatchers, guards, credentials, states, runtime: host });
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
    publish,
  });
  const ledgerFile = createLedgerFile(ledger, () => join(host.stateFolder(), ledgerPath));
  const limiter = createLimiter({
    spending: ledger.spending,
    onRefusal: (caller, limit) => publish({ kind: "limit-refusal", caller, limit }),
  });
  const gauges = () => ({ ...guards.gauges(), refusedCredentials: credentials.refused() });
  const { directory } = keys;
  const alerts = createAlerts({
    settings: () => host.config().alerts,
    facts: () => alertFacts({ snapshot: counted(), gauges, keys: keys.keys, directory, limiter }),
    gatewayPort: host.gatewayPort,
    logger,
  });
  const sources = { ...host, order: configuredOrder, isHealthy: guards.isHealthy };
  const authenticate = createAuthenticate({
    directory: keys.directory,
    failedLogins: createFailedLogins(),
  });
  const openClients = createOpenClients();
  const limitsOf = (name: string) => keyLimits(limiter, keys.directory().named(name));
  const surfaces = createSurfaces({
    host,
    sources,
    modes,
    forward,
    limiter,
    ledger,
    authenticate,
    publish,
    traceContext: tracing.begin,
    openClients,
    renderMetrics: createMetricsSource({
      host,
      version: packageJson.version,
      snapshot: counted,
      problems: () => [...problems.last(), ...keys.problems().map(keyProblem)],
      gauges,
      keys: keys.keys,
      limitsOf,
      sessions: () => sessions().stats(),
      agentSessions: () => hostSessions.stats(),
      runs: runsUnderWay.list,
      listener: () => listener?.(),
    }),
  });
  // Requests may come before the files are open. They wait: which keys there are, and what they have spent, is not known
  // before.
  const opened = Promise.withResolvers<void>();
  let isOpen = false;
  const onceOpen =
    (handler: RouteHandler): RouteHandler =>
    (request, response) =>
      isOpen ? handler(request, response) : opened.promise.then(() => handler(request, response));
  const housekeeping = createHousekeeping({
    relay: {
      open: () =>
        keys
          .refresh()
          .then(ledgerFile.open)
          .finally(() => {
            isOpen = true;
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
    surfaces: {
      operator: surfaces.operator,
      keyed: onceOpen(surfaces.keyed),
      listener: onceOpen(surfaces.listener),
    },
    tracing,
    requests: () => counted().requests,
    series: (range) => (range === "hour" ? counted().lastHour : counted().lastDay).view(),
    isServing: () => isOpen,
    failAll: openClients.failAll,
    status: createStatus({
      host,
      problems: async () => [
        ...(await problems.current()),
        ...keys.problems().map(keyProblem),
        ...usageFileProblems(join(host.stateFolder(), ledgerPath), ledgerFile.problem()),
      ],
      snapshot: counted,
      limitsOf,
      dispatchers,
      gauges,
      sessions: () => sessions().stats(),
      agentSessions: () => hostSessions.stats(),
      runs: runsUnderWay.list,
    }),
    askProviders: createAskProviders({ host, dispatchers }),
    async start() {
      await housekeeping.start();
      problems.start();
      alerts.start();
      const { mode } = host.config();
      const keyCount = Object.keys(keys.keys()).length;
      logger.info(
        `passthrough: ${describeListening({ mode, port: host.gatewayPort(), keyCount })}`,
      );
    },
    async stop() {
      housekeeping.stop();
      problems.stop();
      log.stop();
      alerts.stop();
      await Promise.all([
        dispatchers.close(),
        hostSessions.close(),
        ledgerFile.flush(),
        tracing.stop(),
      ]);
    },
  };
}
