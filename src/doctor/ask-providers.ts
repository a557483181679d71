/** Asks each provider with each credential whether it answers: one small request each, as a client would send it. */
import type { AnswerPipe } from "../answer/answer-sink.ts";
import type { RelayConfig } from "../config/schema.ts";
import type { ConfigSource } from "../config/source.ts";
import type { Problem } from "../control/problems.ts";
import { asRelayError, RelayError } from "../errors.ts";
import { openAiChat } from "../protocols/openai-chat/protocol.ts";
import { parseChatBody } from "../protocols/openai-chat/request.ts";
import { createCandidate } from "../routing/candidates.ts";
import type { AgentCatalog, ModelCatalog, RouteSource } from "../routing/ports.ts";
import { modelName, type Route, type Target } from "../routing/route.ts";
import { createTrace } from "../telemetry/trace.ts";
import type { Credential, Credentials, CredentialSource } from "../upstream/credentials.ts";
import type { Dispatchers } from "../upstream/dispatchers.ts";
import { createForward } from "../upstream/forward.ts";
import type { ForwardRequest } from "../upstream/forward-request.ts";
import { createGuards } from "../upstream/guards.ts";
import { createOpaqueStates } from "../upstream/opaque-state.ts";
import type { ModelRuntime } from "../upstream/ports.ts";
import { problemsOfAnswers, type ProviderAnswer } from "./provider-answers.ts";

export interface AskProvidersParts {
  readonly host: AgentCatalog &
    ConfigSource &
    CredentialSource &
    ModelRuntime &
    Pick<ModelCatalog, "directModels"> &
    Pick<RouteSource, "route">;
  readonly dispatchers: Dispatchers;
  /** How long a provider may take; 15 s by default. */
  readonly answerWithinMs?: number;
}

/** A credential, and a model of its provider to try it with. */
interface Question {
  readonly route: Route;
  readonly credential: Credential;
}

/** Bounds, so that an odd configuration costs neither an hour nor a fortune. */
const maxQuestions = 100;
const maxCredentials = 10;
const atOnce = 4;

/** The smallest answer that all providers have. */
const body = parseChatBody(
  Buffer.from(
    JSON.stringify({ model: "", messages: [{ role: "user", content: "Say ok." }], max_tokens: 1 }),
  ),
);

/**
 * Returns a function that asks all providers of the agents' models, and those whose models may be named directly. It uses
 * neither the circuits nor the queues of requests, so a refusal has no effect on them.
 */
export function createAskProviders(parts: AskProvidersParts): () => Promise<readonly Problem[]> {
  let running: Promise<readonly Problem[]> | undefined;
  return () =>
    (running ??= run(parts).finally(() => {
      running = undefined;
    }));
}

async function run(parts: AskProvidersParts): Promise<readonly Problem[]> {
  const questions = await questionsFor(parts.host);
  const answers: ProviderAnswer[] = [];
  for (let at = 0; at < questions.length; at += atOnce) {
    const asked = questions.slice(at, at + atOnce).map((question) => ask(parts, question));
    answers.push(...(await Promise.all(asked)));
  }
  return problemsOfAnswers(answers);
}

/** Models and credentials that cannot be resolved are left out: the list of problems has them without asking. */
async function questionsFor(host: AskProvidersParts["host"]): Promise<readonly Question[]> {
  const known = new Set<string>();
  const questions: Question[] = [];
  for (const target of await targetsOf(host)) {
    const route = await host.route(target).catch(() => undefined);
    for (const credential of route === undefined ? [] : await credentialsOf(host, route)) {
      const id = JSON.stringify([route?.provider, credential.value ?? route?.headers]);
      if (route !== undefined && !known.has(id) && questions.length < maxQuestions) {
        known.add(id);
        questions.push({ route, credential });
      }
    }
  }
  return questions;
}

/** The agents' models, then one model of each provider that only direct requests reach. */
async function targetsOf(host: AskProvidersParts["host"]): Promise<readonly Target[]> {
  const { ids } = host.agents();
  const ofAgents = ids.flatMap((id) => host.agentTargets(id));
  const [agentId] = ids;
  const direct = agentId === undefined ? [] : await host.directModels(agentId).catch(() => []);
  const firstOfProvider = new Map(
    direct.toReversed().map((model) => [model.provider, modelName(model)]),
  );
  return [
    ...ofAgents,
    ...[...firstOfProvider.values()].map((modelRef): Target => ({
      agentId: agentId ?? "",
      modelRef,
      namedBy: "client",
    })),
  ];
}

async function credentialsOf(host: CredentialSource, route: Route): Promise<readonly Credential[]> {
  const found: Credential[] = [];
  const tried = new Set<string>();
  let next: Credential | undefined = await host.credential(route).catch(() => undefined);
  while (next !== undefined && found.length < maxCredentials && !tried.has(next.source)) {
    found.push(next);
    tried.add(next.source);
    next = route.sendsKey
      ? await host.nextCredential(route, tried).catch(() => undefined)
      : undefined;
  }
  return found;
}

async function ask(
  { host, dispatchers, answerWithinMs = 15_000 }: AskProvidersParts,
  { route, credential }: Question,
): Promise<ProviderAnswer> {
  const forward = createForward({
    dispatchers,
    guards: createGuards({
      host: { config: () => impatient(host.config(), answerWithinMs) },
      publish: () => undefined,
    }),
    credentials: only(credential),
    states: createOpaqueStates(),
    runtime: host,
  });
  const { provider, modelId, agentId } = route;
  const target: Target = { agentId, modelRef: modelName(route), namedBy: "agent" };
  const candidate = createCandidate(target, { route: async () => route, isHealthy: () => true });
  const limit = new AbortController();
  const timer = setTimeout(
    () => limit.abort(new RelayError("upstream_silent", "The provider did not answer in time.")),
    answerWithinMs,
  );
  let status = 0;
  const request: ForwardRequest = {
    protocol: openAiChat,
    body,
    clientHeaders: {},
    candidates: [candidate],
    // No view counts it: it is nobody's traffic.
    trace: createTrace({ endpoint: "doctor", publish: () => undefined }),
    meter: undefined,
    sink: discardingSink(limit.signal, (committed) => {
      status = committed;
    }),
  };
  const outcome = await forward(request).then(
    () => ({ kind: "answered", status }) as const,
    (failure: unknown) => ({ kind: "failed", failure: asRelayError(failure) }) as const,
  );
  clearTimeout(timer);
  return { provider, modelId, source: credential.source, outcome };
}

/** The configuration without retries and with a short time limit, for all providers. */
function impatient(config: RelayConfig, answerWithinMs: number): RelayConfig {
  const limits = { retries: 0, jsonTimeoutMs: answerWithinMs, firstTokenTimeoutMs: answerWithinMs };
  const providers = Object.entries(config.upstream.providers).map(
    ([id, settings]) => [id, { ...settings, ...limits }] as const,
  );
  return {
    ...config,
    upstream: { ...config.upstream, ...limits, providers: Object.fromEntries(providers) },
  };
}

/** Uses this credential, and no other one after a refusal. */
function only(credential: Credential): Credentials {
  return { use: (_route, { attempt }) => attempt(credential.value), refused: () => [] };
}

function discardingSink(signal: AbortSignal, onCommit: (status: number) => void): AnswerPipe {
  return {
    signal,
    commit: (status) => onCommit(status),
    write: () => true,
    whenDrained: (callback) => callback(),
    end: () => undefined,
    breakOff: () => undefined,
  };
}
