/** The schemas of what the running gateway answers to the commands: as much as they show. */
import { type TSchema, Type } from "@sinclair/typebox";
import type { Outcome } from "../errors.ts";

const text = Type.String();
const number = Type.Number();
const nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
/** A newer gateway may know more outcomes than this command. They are only shown. */
const outcome = Type.Unsafe<Outcome>(text);
const outcomes = Type.Unsafe<Readonly<Partial<Record<Outcome, number>>>>(Type.Record(text, number));
const percentiles = nullable(Type.Object({ p50: number, p90: number, p99: number }));
const circuit = Type.Union([
  Type.Literal("closed"),
  Type.Literal("open"),
  Type.Literal("half-open"),
]);

const tokensAndCost = {
  tokensIn: number,
  tokensOut: number,
  tokensCached: number,
  tokensCacheWrite: number,
  tokensReasoning: number,
  costUsd: number,
};
const times = {
  firstOutputMs: percentiles,
  durationMs: percentiles,
  betweenTokensMs: percentiles,
};
const requestStats = {
  ...tokensAndCost,
  ...times,
  requests: number,
  disconnects: number,
  clientErrors: number,
  providerErrors: number,
  relayErrors: number,
  overheadMs: percentiles,
  outcomes,
};
const attemptStats = {
  ...tokensAndCost,
  ...times,
  attempts: number,
  failures: number,
  outcomes,
  recent: Type.Object({
    attempts: number,
    failures: number,
    failureShare: nullable(number),
    firstOutputMs: percentiles,
  }),
  lastFailure: nullable(Type.Object({ at: text, outcome, status: nullable(number) })),
};
const sessionStats = Type.Object({
  sessions: number,
  bytes: number,
  evictions: number,
  expiries: number,
});

/** What the gateway knows while the data plane does not answer. */
export const gatewaySchema = Type.Object({
  ok: Type.Boolean(),
  problem: Type.Optional(text),
  problems: Type.Array(
    Type.Object({
      severity: Type.Union([Type.Literal("error"), Type.Literal("warning")]),
      path: text,
      message: text,
      fix: text,
    }),
  ),
  dataPlane: Type.Object({ state: text }),
});

/** What the relay itself reports. */
export const relaySchema = Type.Object({
  mode: text,
  host: Type.Object({ version: text }),
  at: text,
  since: text,
  totals: Type.Object({
    ...requestStats,
    openRequests: number,
    openStreams: number,
    attempts: number,
    retries: number,
    fallbacks: number,
    foldedNames: number,
  }),
  recent: Type.Object({
    requests: number,
    providerErrors: number,
    relayErrors: number,
    failureShare: nullable(number),
    fallbackShare: nullable(number),
    firstOutputMs: percentiles,
  }),
  providers: Type.Array(
    Type.Object({
      ...attemptStats,
      provider: text,
      state: Type.Union([Type.Literal("up"), Type.Literal("failing"), Type.Literal("down")]),
      circuit,
      credential: Type.Union([Type.Literal("ok"), Type.Literal("refused")]),
      active: number,
      queued: number,
    }),
  ),
  targets: Type.Array(
    Type.Object({
      ...attemptStats,
      operation: text,
      provider: text,
      model: text,
      wire: text,
      circuit,
    }),
  ),
  agents: Type.Array(Type.Object({ ...requestStats, agent: text })),
  modes: Type.Array(Type.Object({ ...requestStats, mode: text })),
  keys: Type.Array(
    Type.Object({
      ...requestStats,
      key: text,
      limits: Type.Array(
        Type.Object({ name: text, limit: number, remaining: number, resetAt: text }),
      ),
      refusals: Type.Record(text, number),
    }),
  ),
  fallbacks: Type.Array(Type.Object({ from: text, to: text, reason: text, count: number })),
  estimate: nullable(
    Type.Object({
      isEstimate: Type.Literal(true),
      samples: number,
      averageTokensIn: number,
      averageCostUsd: number,
      requests: number,
      savedTokensIn: number,
      savedCostUsd: number,
    }),
  ),
  upstream: Type.Object({
    refusedCredentials: Type.Array(
      Type.Object({ provider: text, source: text, status: number, leftMs: number }),
    ),
  }),
  sessions: sessionStats,
  agentSessions: sessionStats,
  runs: Type.Array(
    Type.Object({ agent: text, key: nullable(text), ageMs: number, modelCalls: number }),
  ),
});

export const requestSchema = Type.Object({
  id: text,
  at: text,
  endpoint: text,
  key: nullable(text),
  agent: nullable(text),
  mode: nullable(text),
  askedModel: nullable(text),
  model: nullable(text),
  attempts: Type.Array(
    Type.Object({
      target: text,
      outcome,
      durationMs: number,
      startMs: number,
      skipped: Type.Boolean(),
      wire: nullable(text),
      status: nullable(number),
      firstOutputMs: nullable(number),
    }),
  ),
  status: number,
  outcome,
  fault: nullable(
    Type.Union([Type.Literal("client"), Type.Literal("provider"), Type.Literal("relay")]),
  ),
  stream: Type.Boolean(),
  tokensIn: number,
  tokensOut: number,
  tokensCached: number,
  tokensReasoning: number,
  costUsd: number,
  firstOutputMs: nullable(number),
  durationMs: number,
  overheadMs: number,
});

export const requestListSchema = Type.Object({
  requests: Type.Array(requestSchema),
  position: number,
});
