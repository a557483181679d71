/** The composition root: a host in, route handlers out. */
import { join } from "node:path";
import { createChatCompletions } from "./endpoints/chat-completions.ts";
import { createEmbeddings } from "./endpoints/embeddings.ts";
import { createKeyUsage } from "./endpoints/key-usage.ts";
import { createMetered } from "./endpoints/metered.ts";
import { createModels } from "./endpoints/models.ts";
import { createUnknown } from "./endpoints/unknown.ts";
import { describeListening } from "./control/describe-listening.ts";
import { keyProblem, keysWithPaths } from "./control/key-problems.ts";
import { createProblemFacts } from "./control/problem-facts.ts";
import { createProblemWatch, type ProblemWatch } from "./control/problem-watch.ts";
import { findProblems } from "./control/problems.ts";
import { createStatus, type Status } from "./control/status.ts";
import type { HostPorts } from "./host/create-host.ts";
import { createRoute, type Endpoint, type RouteHandler, type RouteOptions } from "./http/route.ts";
import { createSwitch } from "./http/router.ts";
import { createAuthenticate } from "./access/authenticate.ts";
import { type Caller, keyHolder, operator } from "./access/caller.ts";
import { keyFilePath } from "./access/key-file.ts";
import { createLedger } from "./quota/ledger.ts";
import { createLedgerFile } from "./quota/ledger-file.ts";
import { limitHeaders } from "./quota/limit-headers.ts";
import { createLimiter } from "./quota/limiter.ts";
import { createLiveKeys, type KeyProblem } from "./access/live-keys.ts";
import { createWatchedKeyFile } from "./access/watched-key-file.ts";
import { createWrongKeys } from "./access/failed-logins.ts";
import { createAgent } from "./modes/agent.ts";
import { createAgentTurn } from "./agent/agent-turn.ts";
import { createCredentials } from "./upstream/credentials.ts";
import { createGuards } from "./upstream/guards.ts";
import { createLight } from "./modes/light.ts";
import { createPassthrough } from "./modes/passthrough.ts";
import { createForward } from "./upstream/forward.ts";
import { systemPrompt } from "./prompts/system-prompt.ts";
import { createRunsUnderWay } from "./telemetry/runs-under-way.ts";
import { createWorkspaceFiles } from "./prompts/workspace-files.ts";
import { createCounters } from "./telemetry/counters.ts";
import type { Subscriber } from "./telemetry/events.ts";
import { createAgentSessions } from "./agent/agent-session.ts";
import { createRunSessions } from "./agent/run-sessions.ts";
import { createMemoryStore } from "./sessions/memory-store.ts";
import { perBounds } from "./sessions/per-bounds.ts";
import { createTurnQueue } from "./sessions/turn-queue.ts";
import { createRelayLog, type Logger } from "./telemetry/log.ts";
import { createDispatchers } from "./upstream/dispatchers.ts";

/** Where callers with a virtual key find the endpoints. */
export const keyedBase = "/passthrough/v1";

/** Below the host's state folder. */
export const ledgerPath = join("passthrough", "usage.json");

export interface Relay {
  readonly chatCompletions: RouteHandler;
  readonly embeddings: RouteHandler;
  readonly models: RouteHandler;
  /** All of `/passthrough/v1`, for callers with a virtual key. */
  readonly keyed: RouteHandler;
  status(): Promise<Status>;
  /** Looks for what is wrong with the configuration. */
  readonly problems: ProblemWatch;
  /** Where the relay listens, and how, for the log. */
  listening(): string;
  /** Lets go of sessions that have expired. */
  sweep(): Promise<void>;
  /**
   * Reads the virtual keys and what they have used so far; until then their requests wait.
   * @throws Error where what they have used can't be read; the file is left alone then.
   */
  open(): Promise<void>;
  /** Reads the virtual keys of the file again, if it has changed. Never throws. */
  refreshKeys(): Promise<void>;
  /** What is wrong with the virtual keys now. */
  keyProblems(): readonly KeyProblem[];
  /** Writes what they have used since, if anything. */
  flushLedger(): Promise<void>;
  /** Closes the connections to providers, each when its last answer has ended. */
  close(): Promise<void>;
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
  const guards = createGuards(publish);
  const credentials = createCredentials({ host, publish });
  const parts = { host, dispatchers, guards, credentials };

  const sessionBounds = () => host.config().sessions.ephemeral;
  const sessions = perBounds(sessionBounds, (bounds) => createMemoryStore(bounds));
  const turns = createTurnQueue();
  const runSessions = createRunSessions({
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
    sessions: createAgentSessions(turns, runSessions),
    runsUnderWay,
  });
  const forwardChat = createForward({ ...parts, route: host.route, resource: "/chat/completions" });
  const forwardEmbeddings = createForward({
    ...parts,
    route: host.embeddingsRoute,
    resource: "/embeddings",
  });
  const files = createWorkspaceFiles();
  const modes = {
    agent: createAgent(host, agentTurn),
    passthrough: createPassthrough(host, forwardChat),
    light: createLight({
      host,
      files,
      sessions,
      turns,
      forward: forwardChat,
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
  const metered = createMetered({ limiter, ledger });
  const surface = (base: string, authenticate: RouteOptions<Caller>["authenticate"]) => {
    const route = (name: string, method: "GET" | "POST" | undefined, endpoint: Endpoint<Caller>) =>
      createRoute({ name, method, authenticate, endpoint, publish });
    return {
      chatCompletions: route(
        "chat-completions",
        "POST",
        metered(createChatCompletions(host, modes)),
      ),
      embeddings: route("embeddings", "POST", metered(createEmbeddings(host, forwardEmbeddings))),
      // Looking around uses nothing of a key's limits.
      models: route("models", "GET", createModels(host, `${base}/models`)),
      usage: route("usage", "GET", createKeyUsage({ limiter, ledger })),
      unknown: route("unknown", undefined, metered(createUnknown(base))),
    };
  };
  const authenticate = createAuthenticate({
    directory: keys.directory,
    wrongKeys: createWrongKeys(),
  });
  const keyed = surface(keyedBase, (request, trace) => {
    const grant = authenticate(request.headers, () => host.clientAddress(request));
    trace.limitHeaders = () => limitHeaders(limiter.quotas(grant));
    return keyHolder(grant);
  });
  const serveKeyed = createSwitch(keyedBase, keyed);
  // The gateway sends requests some milliseconds before it starts the service that opens the files. They wait: which keys
  // there are, and what they have spent, is not known before.
  const opened = Promise.withResolvers<void>();
  let handleKeyed: RouteHandler = (request, response) =>
    opened.promise.then(() => serveKeyed(request, response));
  return {
    ...surface("/v1", () => operator(host.operatorScopes())),
    keyed: (request, response) => handleKeyed(request, response),
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
    problems,
    listening: () =>
      describeListening({
        mode: host.config().mode,
        port: host.gatewayPort(),
        keyCount: Object.keys(keys.keys()).length,
      }),
    status: createStatus({
      host,
      problems: async () => [...(await problems.current()), ...keys.problems().map(keyProblem)],
      counters,
      dispatchers,
      gauges: () => ({ ...guards.gauges(), refusedCredentials: credentials.refused() }),
      sessions: () => sessions().stats(),
      agentSessions: () => runSessions.stats(),
      runs: runsUnderWay.list,
    }),
    async sweep() {
      runSessions.sweep();
      await sessions().sweep();
    },
    async close() {
      await Promise.all([dispatchers.close(), runSessions.close(), ledgerFile.flush()]);
      host.close();
    },
  };
}
