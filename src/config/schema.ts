/**
 * The plugin's configuration, `plugins.entries.passthrough.config`: the one source of its names, defaults and
 * descriptions. The manifest's `configSchema` is this schema, and the gateway refuses what does not fit it.
 */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { stringEnum } from "./string-enum.ts";

const mebibyte = 1024 * 1024;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const milliseconds = (standard: number, description: string) =>
  Type.Integer({ minimum: 1, maximum: hourMs, default: standard, description });

/** What may be said for all providers, and for each of them. */
const upstreamLimits = {
  connectTimeoutMs: milliseconds(3000, "How long a connection to a provider may take to open."),
  firstTokenTimeoutMs: milliseconds(
    30_000,
    "How long a stream may take to its first output: a content, reasoning or tool-call delta.",
  ),
  idleTimeoutMs: milliseconds(
    60_000,
    "How long a stream may pause between outputs. Comments and empty deltas are none.",
  ),
  jsonTimeoutMs: milliseconds(600_000, "How long an answer that is no stream may take."),
  retries: Type.Integer({
    minimum: 0,
    maximum: 10,
    default: 1,
    description: "How often one target is tried again before the next one is.",
  }),
  retryBudgetMs: Type.Integer({
    minimum: 0,
    maximum: hourMs,
    default: 5000,
    description: "How long one request may wait for retries, all told.",
  }),
  breaker: Type.Object(
    {
      failures: Type.Integer({
        minimum: 1,
        maximum: 1000,
        default: 5,
        description: "Failures in a row that open the circuit to a model's provider.",
      }),
      resetMs: milliseconds(10_000, "How long it stays open before one request may probe."),
    },
    { default: {}, additionalProperties: false },
  ),
  maxConcurrent: Type.Integer({
    minimum: 0,
    maximum: 100_000,
    default: 0,
    description: "Requests at once to a provider; further ones wait in a queue. 0: no limit.",
  }),
  queueTimeoutMs: milliseconds(10_000, "How long a request may wait in that queue."),
};

/** A schema whose default is not filled in. */
function plain<T extends TSchema>(schema: T): T {
  const { default: _default, ...rest } = schema;
  return rest as T;
}

/** For one provider: what is left out is as for all of them. */
const providerLimits = Type.Partial(
  Type.Object({
    connectTimeoutMs: plain(upstreamLimits.connectTimeoutMs),
    firstTokenTimeoutMs: plain(upstreamLimits.firstTokenTimeoutMs),
    idleTimeoutMs: plain(upstreamLimits.idleTimeoutMs),
    jsonTimeoutMs: plain(upstreamLimits.jsonTimeoutMs),
    retries: plain(upstreamLimits.retries),
    retryBudgetMs: plain(upstreamLimits.retryBudgetMs),
    breaker: Type.Partial(
      Type.Object({
        failures: plain(upstreamLimits.breaker.properties.failures),
        resetMs: plain(upstreamLimits.breaker.properties.resetMs),
      }),
      { additionalProperties: false },
    ),
    maxConcurrent: plain(upstreamLimits.maxConcurrent),
    queueTimeoutMs: plain(upstreamLimits.queueTimeoutMs),
  }),
  { additionalProperties: false },
);

/** Bounds of an agent run. */
const runLimits = {
  maxRunMs: Type.Integer({
    minimum: 0,
    maximum: dayMs,
    default: 10 * 60_000,
    description: "How long an agent run may take; a longer one is ended. 0: no limit.",
  }),
  maxModelCalls: Type.Integer({
    minimum: 0,
    maximum: 1_000_000,
    default: 100,
    description:
      "How often an agent run may call a model; one that goes on after that is ended. 0: no limit.",
  }),
};

const modeNames = ["agent", "light", "passthrough"] as const;

const agentSettings = Type.Object(
  {
    mode: Type.Optional(stringEnum(modeNames, { description: "Instead of the endpoint's mode." })),
    firstTokenTimeoutMs: Type.Optional(plain(upstreamLimits.firstTokenTimeoutMs)),
    maxRunMs: Type.Optional(plain(runLimits.maxRunMs)),
    maxModelCalls: Type.Optional(plain(runLimits.maxModelCalls)),
    http: Type.Optional(
      Type.Object(
        {
          systemPrompt: Type.Optional(
            Type.Union(
              [
                Type.String({ minLength: 1 }),
                Type.Object(
                  { file: Type.String({ minLength: 1 }) },
                  { additionalProperties: false },
                ),
              ],
              {
                description:
                  "The agent's system prompt in light mode, instead of `light.files`: a text, or a file of its workspace.",
              },
            ),
          ),
        },
        { additionalProperties: false },
      ),
    ),
    light: Type.Optional(
      Type.Object(
        {
          tools: Type.Optional(
            Type.Array(Type.String({ minLength: 1 }), {
              maxItems: 100,
              description:
                "Tools of the host, such as `memory_search`, that the agent has in light mode. With any, a light turn is an agent run.",
            }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
    session: Type.Optional(
      Type.Object(
        {
          ephemeral: Type.Optional(
            Type.Boolean({
              description:
                "Whether sessions that a request names live in memory only. Unset: true in light mode, false in agent mode.",
            }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);

const sha256 = Type.String({
  pattern: "^[0-9a-f]{64}$",
  description: "SHA-256 of the key, in hexadecimal.",
});
const instant = (description: string) =>
  Type.String({
    pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:\\d{2})$",
    description,
  });
const limit = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000_000, description }));

const budget = (description: string) =>
  Type.Optional(Type.Number({ exclusiveMinimum: 0, description }));

/** A virtual key. */
export const keySchema = Type.Object(
  {
    id: Type.String({
      pattern: "^[a-z0-9]{1,32}$",
      description: "What the key's sessions and usage belong to. Another key needs another one.",
    }),
    sha256,
    previous: Type.Optional(
      Type.Object(
        { sha256, validUntil: instant("Until when the key before the last rotation works.") },
        { additionalProperties: false },
      ),
    ),
    expiresAt: Type.Optional(instant("When the key stops working.")),
    agents: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description: "Agents that it may ask for. Left out: all.",
      }),
    ),
    models: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description:
          "Models that it may use, as patterns on `provider/model` (`*` is any text). Left out: those of its agents, and none by name.",
      }),
    ),
    modes: Type.Array(stringEnum(modeNames), {
      minItems: 1,
      default: ["passthrough", "light"],
      description:
        "Modes that it may use; the first one serves where the endpoint's is not among them.",
    }),
    tools: Type.Optional(
      Type.Union(
        [
          stringEnum(["none", "agent"]),
          Type.Array(Type.String({ pattern: "^[A-Za-z0-9_-]{1,64}$" }), {
            minItems: 1,
            maxItems: 100,
          }),
        ],
        {
          description:
            "Tools of the host in its agent runs: `none`, a list of the host's names for them, or `agent` for all that the agent has. Left out: none.",
        },
      ),
    ),
    requestsPerMinute: limit("Requests a minute."),
    tokensPerMinute: limit("Tokens a minute, of prompts and answers together."),
    maxConcurrent: limit("Requests at once."),
    budgetUsdPerDay: budget(
      "US dollars from midnight to midnight (UTC), by the host's model costs.",
    ),
    budgetUsdPerMonth: budget("US dollars from the first of a month to the next (UTC)."),
  },
  { additionalProperties: false },
);

/** Virtual keys by their names, as the config declares them and as the file of keys has them. */
export const keysSchema = Type.Record(
  Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$" }),
  keySchema,
  {
    default: {},
    additionalProperties: false,
    description:
      "Virtual keys for `/passthrough/v1`, by their names. `openclaw passthrough keys` keeps those that it makes in a file of their own.",
  },
);

const sessionTtl = (which: string) =>
  Type.Optional(
    Type.Integer({
      minimum: 1000,
      maximum: 3650 * dayMs,
      description: `How long a session ${which} stays on disk without being used. Left out: for ever.`,
    }),
  );

export const configSchema = Type.Object(
  {
    mode: stringEnum(modeNames, {
      default: "agent",
      description:
        "What a request to an agent becomes: `agent` runs the agent, as core's endpoint does; `light` calls its model with the agent's personality in front; `passthrough` forwards the request to the model's provider as it is.",
    }),
    defaultAgent: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "The agent that `openclaw` and `openclaw/default` mean. Needed only where several agents are configured.",
      }),
    ),
    maxBodyBytes: Type.Integer({
      minimum: 1024,
      maximum: 512 * mebibyte,
      default: 20 * mebibyte,
      description: "The largest request body, in bytes; a larger one is answered with 413.",
    }),
    agents: Type.Record(Type.String(), agentSettings, {
      default: {},
      description: "What differs for an agent, by its id.",
    }),
    keys: keysSchema,
    agent: Type.Object(runLimits, { default: {}, additionalProperties: false }),
    light: Type.Object(
      {
        files: Type.Array(Type.String({ minLength: 1 }), {
          default: ["SOUL.md", "IDENTITY.md"],
          maxItems: 20,
          description:
            "Files of an agent's workspace that make its system prompt in light mode, in this order; those that do not exist are left out.",
        }),
        keepAliveMs: Type.Integer({
          minimum: 0,
          maximum: hourMs,
          default: 5000,
          description: "How often a waiting stream gets a comment line in light mode. 0: never.",
        }),
      },
      { default: {}, additionalProperties: false },
    ),
    sessions: Type.Object(
      {
        anonymous: stringEnum(["ephemeral", "persist"], {
          default: "ephemeral",
          description:
            "What becomes of a request that names no session: `ephemeral` leaves nothing behind; `persist` has the host keep a session for each agent run, as core's endpoint does.",
        }),
        ephemeral: Type.Object(
          {
            maxEntries: Type.Integer({
              minimum: 1,
              maximum: 1_000_000,
              default: 1000,
              description:
                "Sessions in memory; beyond it, the owner (a virtual key, or the operators) that has the most loses the one unused for longest.",
            }),
            maxBytes: Type.Integer({
              minimum: mebibyte,
              maximum: 64 * 1024 * mebibyte,
              default: 64 * mebibyte,
              description: "Bytes of all sessions in memory; one may have a sixteenth of them.",
            }),
            idleTtlMs: Type.Integer({
              minimum: 1,
              maximum: 7 * dayMs,
              default: hourMs / 2,
              description: "How long a session in memory lives without being used.",
            }),
            maxAgeMs: Type.Integer({
              minimum: 1,
              maximum: 30 * dayMs,
              default: 8 * hourMs,
              description: "How long a session in memory lives, used or not.",
            }),
          },
          { default: {}, additionalProperties: false },
        ),
        bodyPaths: Type.Array(Type.String({ minLength: 1 }), {
          default: [],
          maxItems: 20,
          description:
            "Where in a body a session id may stand, such as `call.id` or `metadata.session_id`; the first that is there counts.",
        }),
      },
      { default: {}, additionalProperties: false },
    ),
    retention: Type.Object(
      {
        modelRunTtlMs: sessionTtl("that a model probe of the command line left behind"),
        httpOneShotTtlMs: sessionTtl("that core's endpoint made for one call"),
      },
      { default: {}, additionalProperties: false },
    ),
    upstream: Type.Object(
      {
        ...upstreamLimits,
        providers: Type.Record(Type.String(), providerLimits, {
          default: {},
          description: "What differs for a provider, by its id.",
        }),
      },
      { default: {}, additionalProperties: false },
    ),
    sse: Type.Object(
      {
        keepAliveMs: Type.Integer({
          minimum: 0,
          maximum: hourMs,
          default: 0,
          description:
            "How often a waiting stream gets a comment line. 0: never. The status is then 200 before the provider has answered.",
        }),
      },
      { default: {}, additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

/** The configuration with its defaults filled in. */
export type RelayConfig = Static<typeof configSchema>;

/** Virtual keys by their names. */
export type StoredKeys = RelayConfig["keys"];

/** Timeouts, retries and limits of one provider. */
export type UpstreamPolicy = Readonly<Omit<RelayConfig["upstream"], "providers">>;
