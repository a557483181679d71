/**
 * The schema of `plugins.entries.passthrough.config`: the single source of names, defaults, bounds, descriptions and
 * labels. The manifest (`npm run manifest`) and the table in docs/configuration.md (`node scripts/settings.ts`) are
 * generated from it. The gateway refuses a config that does not fit it.
 */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { observability } from "./observability.ts";
import { says, type SettingHint } from "./says.ts";
import { stringEnum } from "./string-enum.ts";

const mebibyte = 1024 * 1024;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const advanced = (label: string): SettingHint => ({ label, advanced: true });

const milliseconds = (standard: number, description: string, hint: SettingHint) =>
  Type.Integer({ minimum: 1, maximum: hourMs, default: standard, ...says(description, hint) });

/** General settings for providers, which a single provider may override. */
const upstreamLimits = {
  connectTimeoutMs: milliseconds(
    3000,
    "Time limit for opening a connection to a provider.",
    advanced("Connect timeout (ms)"),
  ),
  firstTokenTimeoutMs: milliseconds(
    30_000,
    "Time limit for a stream's first output: a content, reasoning or tool-call delta.",
    { label: "First-token timeout (ms)" },
  ),
  idleTimeoutMs: milliseconds(
    60_000,
    "Longest pause between two outputs of a stream. Comments, roles and empty deltas are not output; reasoning is.",
    { label: "Idle timeout (ms)" },
  ),
  jsonTimeoutMs: milliseconds(
    600_000,
    "Time limit for an answer that is not a stream. A stream that keeps producing output has no time limit.",
    advanced("Timeout of answers without a stream (ms)"),
  ),
  retries: Type.Integer({
    minimum: 0,
    maximum: 10,
    default: 1,
    ...says(
      "How many times a target is retried before the next target is tried.",
      advanced("Retries of a target"),
    ),
  }),
  retryBudgetMs: Type.Integer({
    minimum: 0,
    maximum: hourMs,
    default: 5000,
    ...says(
      "Total time that one request may spend waiting between retries.",
      advanced("Retry budget of a request (ms)"),
    ),
  }),
  breaker: Type.Object(
    {
      failures: Type.Integer({
        minimum: 1,
        maximum: 1000,
        default: 5,
        ...says(
          "Consecutive failures that open the circuit breaker of a provider's model.",
          advanced("Failures that open the circuit"),
        ),
      }),
      resetMs: milliseconds(
        10_000,
        "How long the circuit stays open before one request probes the provider.",
        advanced("Time until a probe (ms)"),
      ),
    },
    { default: {}, additionalProperties: false, hint: advanced("Circuit breaker") },
  ),
  maxConcurrent: Type.Integer({
    minimum: 0,
    maximum: 100_000,
    default: 0,
    ...says(
      "Concurrent requests to a provider. Further requests wait in a queue of up to 1,000, first in, first out. 0: no limit.",
      { label: "Concurrent requests to a provider" },
    ),
  }),
  queueTimeoutMs: milliseconds(
    10_000,
    "Longest wait in that queue.",
    advanced("Queue timeout (ms)"),
  ),
  unsupported: stringEnum(["drop", "reject"], {
    default: "drop",
    ...says(
      "What happens to a request's parameters that a provider's protocol cannot say: they are left out and named in `x-openclaw-dropped-params`, or the next target is tried.",
      { label: "Parameters that a provider does not take" },
    ),
  }),
};

/** Removes a schema's default: a setting that is left out is inherited. @param unset says from where. */
function inherited<T extends TSchema>(schema: T, unset: string): T {
  const { default: _default, hint, ...rest } = schema;
  return { ...rest, hint: { ...hint, unset } } as unknown as T;
}

const ofAllProviders = <T extends TSchema>(schema: T, name: string) =>
  inherited(schema, `as \`upstream.${name}\``);

/** Overrides for one provider. */
const providerLimits = Type.Partial(
  Type.Object({
    connectTimeoutMs: ofAllProviders(upstreamLimits.connectTimeoutMs, "connectTimeoutMs"),
    firstTokenTimeoutMs: ofAllProviders(upstreamLimits.firstTokenTimeoutMs, "firstTokenTimeoutMs"),
    idleTimeoutMs: ofAllProviders(upstreamLimits.idleTimeoutMs, "idleTimeoutMs"),
    jsonTimeoutMs: ofAllProviders(upstreamLimits.jsonTimeoutMs, "jsonTimeoutMs"),
    retries: ofAllProviders(upstreamLimits.retries, "retries"),
    retryBudgetMs: ofAllProviders(upstreamLimits.retryBudgetMs, "retryBudgetMs"),
    breaker: Type.Partial(
      Type.Object({
        failures: ofAllProviders(upstreamLimits.breaker.properties.failures, "breaker.failures"),
        resetMs: ofAllProviders(upstreamLimits.breaker.properties.resetMs, "breaker.resetMs"),
      }),
      { additionalProperties: false, hint: advanced("Circuit breaker") },
    ),
    maxConcurrent: ofAllProviders(upstreamLimits.maxConcurrent, "maxConcurrent"),
    queueTimeoutMs: ofAllProviders(upstreamLimits.queueTimeoutMs, "queueTimeoutMs"),
    unsupported: ofAllProviders(upstreamLimits.unsupported, "unsupported"),
    wire: stringEnum(
      ["auto", "chat", "host"],
      says(
        "How the provider's models are called. `auto`: in their own protocol, or by the host's runtime if the relay does not speak it. `chat`: by the vendor's endpoint that is compatible with chat completions. `host`: by the host's runtime.",
        { label: "Wire", unset: "`auto`" },
      ),
    ),
    cache: stringEnum(
      ["client", "auto"],
      says(
        "Who asks Anthropic to cache the prompt, which costs more where it is never read again. `client`: only what a client marks with `cache_control` is cached. `auto`: the relay marks the whole prompt of requests without such a member.",
        { label: "Prompt cache", unset: "`client`" },
      ),
    ),
  }),
  { additionalProperties: false, hint: { label: "Provider" } },
);

/** Limits of an agent run. */
const runLimits = {
  maxRunMs: Type.Integer({
    minimum: 0,
    maximum: dayMs,
    default: 10 * 60_000,
    ...says("Time limit of an agent run. 0: no limit.", {
      see: "[agent runs](#agent-runs)",
      label: "Time limit of an agent run (ms)",
    }),
  }),
  maxModelCalls: Type.Integer({
    minimum: 0,
    maximum: 1_000_000,
    default: 100,
    ...says(
      "Model calls that an agent run may make; the host's retries and fallbacks count. 0: no limit.",
      { label: "Model calls of an agent run" },
    ),
  }),
};

export const modeNames = ["agent", "light", "passthrough"] as const;

const agentSettings = Type.Object(
  {
    mode: Type.Optional(
      stringEnum(modeNames, says("The agent's mode.", { label: "Mode", unset: "as `mode`" })),
    ),
    firstTokenTimeoutMs: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: hourMs,
        ...says(
          "Time limit for a stream's first output in passthrough and light mode. Not for agent runs.",
          { label: "First-token timeout (ms)", unset: "the provider's" },
        ),
      }),
    ),
    maxRunMs: Type.Optional(inherited(runLimits.maxRunMs, "as `agent.maxRunMs`")),
    maxModelCalls: Type.Optional(inherited(runLimits.maxModelCalls, "as `agent.maxModelCalls`")),
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
              says("The agent's system prompt in light mode.", {
                label: "System prompt in light mode",
                unset: "the files of `light.files`",
                allowed: "a string, or `{ file }`: a file of the agent's workspace",
              }),
            ),
          ),
        },
        { additionalProperties: false, hint: { label: "HTTP" } },
      ),
    ),
    light: Type.Optional(
      Type.Object(
        {
          tools: Type.Optional(
            Type.Array(Type.String({ minLength: 1 }), {
              maxItems: 100,
              ...says(
                "Tools of the host, such as `memory_search`, that the agent has in light mode. With any, a light turn is an agent run.",
                {
                  label: "Tools in light mode",
                  unset: "`[]`",
                  see: "[modes](modes.md#light-as-an-agent-run)",
                },
              ),
            }),
          ),
        },
        { additionalProperties: false, hint: { label: "Light mode" } },
      ),
    ),
    session: Type.Optional(
      Type.Object(
        {
          ephemeral: Type.Optional(
            Type.Boolean(
              says("Keep named sessions in memory only.", {
                label: "Sessions in memory",
                unset: "`true` in light mode, `false` in agent mode",
                see: "[sessions](sessions.md)",
              }),
            ),
          ),
        },
        { additionalProperties: false, hint: { label: "Sessions" } },
      ),
    ),
  },
  { additionalProperties: false, hint: { label: "Agent" } },
);

const sha256 = (description: string) =>
  Type.String({
    pattern: "^[0-9a-f]{64}$",
    ...says(description, {
      label: "SHA-256",
      sensitive: true,
      unset: "required",
      allowed: "64 lower-case hexadecimal digits",
    }),
  });
const instant = (description: string, hint: SettingHint) =>
  Type.String({
    pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:\\d{2})$",
    ...says(description, {
      ...hint,
      allowed: "a time in ISO 8601 with a zone, such as `2027-02-18T08:18:00Z`",
    }),
  });
const limit = (description: string, label: string) =>
  Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000_000_000,
      ...says(description, { label, unset: "no limit" }),
    }),
  );

const budget = (description: string, label: string) =>
  Type.Optional(
    Type.Number({
      exclusiveMinimum: 0,
      ...says(description, {
        label,
        unset: "no limit",
        allowed: "more than 0",
        see: "[limits](keys.md#limits)",
      }),
    }),
  );

/** The relay's own listener. */
const listenSettings = Type.Object(
  {
    host: Type.String({
      minLength: 1,
      default: "127.0.0.1",
      ...says(
        "Address or host name to listen on. Beyond loopback, set `listen.tls` too, or keys cross the network in plain text.",
        { label: "Host", allowed: "an address of this machine, or a host name" },
      ),
    }),
    port: Type.Integer({
      minimum: 1,
      maximum: 65_535,
      ...says("Port to listen on. 18790 is the port next to the gateway's own.", {
        label: "Port",
        unset: "required",
      }),
    }),
    tls: Type.Optional(
      Type.Object(
        {
          certFile: Type.String({
            minLength: 1,
            ...says(
              "PEM file with the certificate and the certificates of its issuers. It is read again when it changes.",
              { label: "Certificate file", unset: "required", allowed: "an absolute path" },
            ),
          }),
          keyFile: Type.String({
            minLength: 1,
            ...says(
              "PEM file with the certificate's private key, without a passphrase. It is read again when it changes.",
              { label: "Key file", unset: "required", allowed: "an absolute path" },
            ),
          }),
        },
        { additionalProperties: false, hint: { label: "TLS" } },
      ),
    ),
    maxConnections: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 10_000,
      ...says("Open connections. A further one is closed at once.", advanced("Connections")),
    }),
    maxConnectionsPerAddress: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 1000,
      ...says(
        "Open connections from one IPv4 address or one IPv6 /64 network. Loopback and `gateway.trustedProxies` do not count: many clients share such an address.",
        advanced("Connections from one address"),
      ),
    }),
    maxHeaderBytes: Type.Integer({
      minimum: 1024,
      maximum: mebibyte,
      default: 16 * 1024,
      ...says(
        "Largest request line and headers together, in bytes. Larger ones get a 431.",
        advanced("Size of a request's headers (bytes)"),
      ),
    }),
    headersTimeoutMs: milliseconds(
      15_000,
      "Time limit for receiving a request's headers. Then the client gets a 408.",
      advanced("Headers timeout (ms)"),
    ),
    requestTimeoutMs: milliseconds(
      120_000,
      "Time limit for receiving a request's headers and body. Then the client gets a 408. The answer has no part in it.",
      advanced("Request timeout (ms)"),
    ),
    idleTimeoutMs: milliseconds(
      75_000,
      "How long an idle connection is kept open for the next request. Longer than a proxy keeps it (nginx: 60 s), so that the proxy never sends a request into a closing connection.",
      advanced("Idle timeout of a connection (ms)"),
    ),
    maxPipelinedRequests: Type.Integer({
      minimum: 1,
      maximum: 1000,
      default: 16,
      ...says(
        "Unanswered requests on one connection. They are served one after the other. With a further one, the connection is closed.",
        advanced("Pipelined requests"),
      ),
    }),
  },
  { additionalProperties: false, hint: { label: "Listener" } },
);

/** The name of one of the host's tools. */
export const toolNamePattern = "^[A-Za-z0-9_-]{1,64}$";

/** A virtual key. */
export const keySchema = Type.Object(
  {
    id: Type.String({
      pattern: "^[a-z0-9]{1,32}$",
      ...says(
        "Identifies the key's sessions and usage, even after a rename or a rotation. Must be unique.",
        {
          label: "Id",
          unset: "required",
          allowed: "1 to 32 lower-case letters and digits",
        },
      ),
    }),
    sha256: sha256("SHA-256 digest of the key."),
    previous: Type.Optional(
      Type.Object(
        {
          sha256: sha256("SHA-256 digest of the key before the last rotation."),
          validUntil: instant("When the key before the last rotation stops working.", {
            label: "Valid until",
            unset: "required",
          }),
        },
        { additionalProperties: false, hint: advanced("Key before the last rotation") },
      ),
    ),
    expiresAt: Type.Optional(
      instant("When the key stops working.", { label: "Expires at", unset: "never" }),
    ),
    agents: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        ...says("Agents that the key may use.", { label: "Agents", unset: "all agents" }),
      }),
    ),
    models: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        ...says(
          "Models that the key may use, as patterns for `provider/model`: `*` matches any text, `?` one character.",
          {
            label: "Models",
            unset: "the models of its agents, and no model by name",
            see: "[what a key may do](keys.md#what-a-key-may-do)",
          },
        ),
      }),
    ),
    modes: Type.Array(stringEnum(modeNames), {
      minItems: 1,
      default: ["passthrough", "light"],
      ...says(
        "Modes that the key may use. The first one is used if the configured mode is not in the list.",
        { label: "Modes" },
      ),
    }),
    tools: Type.Optional(
      Type.Union(
        [
          stringEnum(["none", "agent"]),
          Type.Array(Type.String({ pattern: toolNamePattern }), {
            minItems: 1,
            maxItems: 100,
          }),
        ],
        says("Tools of the host in the key's agent runs.", {
          label: "Tools of agent runs",
          unset: "`none`",
          allowed:
            "`none`, a list of the host's tool names, or `agent` for all of the agent's tools",
          see: "[tools of agent runs](keys.md#tools-of-agent-runs)",
        }),
      ),
    ),
    requestsPerMinute: limit("Requests per minute.", "Requests per minute"),
    tokensPerMinute: limit("Tokens per minute, prompts and answers together.", "Tokens per minute"),
    maxConcurrent: limit("Concurrent requests.", "Concurrent requests"),
    budgetUsdPerDay: budget(
      "US dollars per day (UTC), by the model costs in the host's config.",
      "Budget per day (US$)",
    ),
    budgetUsdPerMonth: budget("US dollars per calendar month (UTC).", "Budget per month (US$)"),
    metrics: Type.Optional(
      Type.Boolean(
        says(
          "Whether the key reads `GET /passthrough/metrics`, and nothing else. Of its other settings only `expiresAt` applies.",
          { label: "Reads metrics only", unset: "`false`", see: "[metrics](metrics.md)" },
        ),
      ),
    ),
  },
  { additionalProperties: false, hint: { label: "Virtual key" } },
);

/** The name of a virtual key. */
export const keyNamePattern = "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$";

/** Virtual keys by name, in the config and in the key file. */
export const keysSchema = Type.Record(Type.String({ pattern: keyNamePattern }), keySchema, {
  default: {},
  additionalProperties: false,
  ...says(
    "Virtual keys for `/passthrough/v1`, by name (1 to 64 letters, digits, `-` and `_`). `openclaw passthrough keys` stores its keys in a file instead.",
    { label: "Virtual keys" },
  ),
});

const sessionTtl = (which: string, hint: SettingHint) =>
  Type.Optional(
    Type.Integer({
      minimum: 1000,
      maximum: 3650 * dayMs,
      ...says(`How long an unused session ${which} stays on disk.`, {
        ...hint,
        unset: "not removed",
        see: "[one-shot sessions](pruning.md)",
      }),
    }),
  );

export const configSchema = Type.Object(
  {
    mode: stringEnum(modeNames, {
      default: "agent",
      ...says(
        "How a request to an agent is served. `agent` runs the agent, as core's endpoint does. `light` calls its model with the agent's personality as the system prompt. `passthrough` forwards the request to the model's provider unchanged.",
        { label: "Mode", see: "[modes](modes.md)" },
      ),
    }),
    defaultAgent: Type.Optional(
      Type.String({
        minLength: 1,
        ...says(
          "The agent that `openclaw` and `openclaw/default` select. Needed only with several agents, because the host then has no default agent.",
          { label: "Default agent", unset: "the only agent", allowed: "an agent's id" },
        ),
      }),
    ),
    dataPlane: Type.Object(
      {
        maxHeapMegabytes: Type.Integer({
          minimum: 64,
          maximum: 65_536,
          default: 1024,
          ...says(
            "Largest heap of the relay's thread. If it needs more, the thread ends and starts again. Takes effect when the thread next starts.",
            advanced("Largest heap of the relay's thread (MB)"),
          ),
        }),
      },
      { default: {}, additionalProperties: false, hint: advanced("Data plane") },
    ),
    maxBodyBytes: Type.Integer({
      minimum: 1024,
      maximum: 512 * mebibyte,
      default: 20 * mebibyte,
      ...says(
        "Largest request body, in bytes. A larger one gets a 413.",
        advanced("Largest request body (bytes)"),
      ),
    }),
    listen: Type.Optional(listenSettings),
    agents: Type.Record(Type.String(), agentSettings, {
      default: {},
      ...says("Overrides for one agent, by its id.", { label: "Agents" }),
    }),
    keys: keysSchema,
    agent: Type.Object(runLimits, {
      default: {},
      additionalProperties: false,
      hint: { label: "Agent runs" },
    }),
    light: Type.Object(
      {
        files: Type.Array(Type.String({ minLength: 1 }), {
          default: ["SOUL.md", "IDENTITY.md"],
          maxItems: 20,
          ...says(
            "Files of an agent's workspace that make up its system prompt in light mode, in this order. A missing file is skipped.",
            { label: "Files of the system prompt", see: "[modes](modes.md#light)" },
          ),
        }),
        keepAliveMs: Type.Integer({
          minimum: 0,
          maximum: hourMs,
          default: 5000,
          ...says(
            "Interval of comment lines to a waiting stream in light mode. 0: none.",
            advanced("Keep-alive in light mode (ms)"),
          ),
        }),
      },
      { default: {}, additionalProperties: false, hint: { label: "Light mode" } },
    ),
    sessions: Type.Object(
      {
        anonymous: stringEnum(["ephemeral", "persist"], {
          default: "ephemeral",
          ...says(
            "What happens to the session of a request that names none. `ephemeral` keeps nothing. `persist` stores a session for each agent run in the host, as core's endpoint does.",
            { label: "Requests without a session", see: "[sessions](sessions.md)" },
          ),
        }),
        ephemeral: Type.Object(
          {
            maxEntries: Type.Integer({
              minimum: 1,
              maximum: 1_000_000,
              default: 1000,
              ...says(
                "Sessions in memory. Beyond it, the owner with the most sessions (a virtual key, or all operators together) loses the least recently used one.",
                advanced("Sessions in memory"),
              ),
            }),
            maxBytes: Type.Integer({
              minimum: mebibyte,
              maximum: 64 * 1024 * mebibyte,
              default: 64 * mebibyte,
              ...says(
                "Total size of the sessions in memory, in bytes. One session may have a sixteenth of it.",
                advanced("Size of the sessions in memory (bytes)"),
              ),
            }),
            idleTtlMs: Type.Integer({
              minimum: 1,
              maximum: 7 * dayMs,
              default: hourMs / 2,
              ...says(
                "How long an unused session stays in memory.",
                advanced("Idle time of a session in memory (ms)"),
              ),
            }),
            maxAgeMs: Type.Integer({
              minimum: 1,
              maximum: 30 * dayMs,
              default: 8 * hourMs,
              ...says(
                "Longest time that a session stays in memory, used or not.",
                advanced("Age of a session in memory (ms)"),
              ),
            }),
          },
          {
            default: {},
            additionalProperties: false,
            hint: { label: "Bounds of sessions in memory", advanced: true },
          },
        ),
        bodyPaths: Type.Array(Type.String({ minLength: 1 }), {
          default: [],
          maxItems: 20,
          ...says(
            "Paths in a request's body that may hold a session id, such as `call.id` or `metadata.session_id`. The first one present is used.",
            { ...advanced("Session ids in the body"), see: "[sessions](sessions.md)" },
          ),
        }),
      },
      { default: {}, additionalProperties: false, hint: { label: "Sessions" } },
    ),
    retention: Type.Object(
      {
        modelRunTtlMs: sessionTtl("of a command-line model probe", advanced("Model probes (ms)")),
        httpOneShotTtlMs: sessionTtl(
          'that core\'s endpoint, or agent mode with `sessions.anonymous: "persist"`, made for one call',
          advanced("Sessions of one call (ms)"),
        ),
      },
      { default: {}, additionalProperties: false, hint: { label: "Sessions on disk" } },
    ),
    upstream: Type.Object(
      {
        ...upstreamLimits,
        providers: Type.Record(Type.String(), providerLimits, {
          default: {},
          ...says("Overrides for one provider, by its id.", { label: "Single providers" }),
        }),
      },
      { default: {}, additionalProperties: false, hint: { label: "Providers" } },
    ),
    sse: Type.Object(
      {
        keepAliveMs: Type.Integer({
          minimum: 0,
          maximum: hourMs,
          default: 0,
          ...says(
            "Interval of comment lines to a waiting stream. 0: none. With comment lines, the status is 200 before the provider has answered.",
            { ...advanced("Keep-alive (ms)"), see: "[the trade-off](failover.md#keep-alive)" },
          ),
        }),
      },
      { default: {}, additionalProperties: false, hint: { label: "Streams" } },
    ),
    ...observability,
  },
  { additionalProperties: false },
);

/** The configuration with its defaults filled in. */
export type RelayConfig = Static<typeof configSchema>;

/** Virtual keys by name. */
export type StoredKeys = RelayConfig["keys"];

/** Timeouts, retries and limits for calls to one provider. */
export type UpstreamPolicy = Readonly<
  Omit<RelayConfig["upstream"], "providers"> & {
    wire: NonNullable<RelayConfig["upstream"]["providers"][string]["wire"]>;
    cache: NonNullable<RelayConfig["upstream"]["providers"][string]["cache"]>;
  }
>;

/** Where the relay's own listener listens, and its bounds. */
export type ListenSettings = Readonly<NonNullable<RelayConfig["listen"]>>;

/** Where spans are sent. */
export type OtlpSettings = Readonly<NonNullable<RelayConfig["otlp"]>>;

/** Where alerts are sent, and from which values on. */
export type AlertSettings = Readonly<NonNullable<RelayConfig["alerts"]>>;
