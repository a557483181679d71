/** Finds problems of a configuration that satisfies its schema. Pure: plain facts in, a list for people out. */
import { isLoopback } from "../access/client-address.ts";
import type { RelayConfig } from "../config/schema.ts";
import { modelName } from "../routing/route.ts";
import type { CoreEndpoint } from "./gateway-facts.ts";

/** Something that an operator should know, and what to do about it. */
export interface Problem {
  /** `error`: some requests cannot be served. `warning`: all are served, but perhaps not as intended. */
  readonly severity: "error" | "warning";
  /** The full path in the gateway's config, such as `plugins.entries.passthrough.config.defaultAgent`. */
  readonly path: string;
  /** What is wrong, as a sentence. */
  readonly message: string;
  /** The line to change, as a sentence. */
  readonly fix: string;
}

/** One of an agent's models: resolved, or the reason why it could not be. */
export type TargetFact =
  | {
      readonly kind: "known";
      readonly provider: string;
      readonly modelId: string;
      /** Whether the host knows a price for it that is not zero. */
      readonly hasPrice: boolean;
    }
  /** `message` says why the model cannot be reached. */
  | { readonly kind: "unknown"; readonly message: string };

export interface AgentFacts {
  /** The agent's models, best first; undefined if no problem depends on them. */
  readonly targets: readonly TargetFact[] | undefined;
  /** Why its system prompt for light mode cannot be read; undefined if it can, or if nothing reads it. */
  readonly promptProblem: string | undefined;
}

/** A virtual key. */
export interface KeyFacts {
  readonly name: string;
  /** Where its settings are, such as `plugins.entries.passthrough.config.keys.bot`. */
  readonly path: string;
  readonly settings: RelayConfig["keys"][string];
}

export interface ProblemFacts {
  readonly config: RelayConfig;
  readonly agentIds: readonly string[];
  readonly agents: ReadonlyMap<string, AgentFacts>;
  readonly keys: readonly KeyFacts[];
  /** Providers of the config and of the host's catalog; undefined if unknown, or if no setting names a provider. */
  readonly providers: ReadonlySet<string> | undefined;
  /** Core's own endpoints that are enabled. */
  readonly coreEndpoints: readonly CoreEndpoint[];
  /** Hook permissions that the plugin lacks, by their keys under `plugins.entries.passthrough.hooks`. */
  readonly missingHookPermissions: readonly { readonly key: string; readonly value: boolean }[];
}

const entry = "plugins.entries.passthrough";

export function findProblems(facts: ProblemFacts): readonly Problem[] {
  return [
    ...coreEndpoint(facts),
    ...defaultAgent(facts),
    ...unknownAgents(facts),
    ...unknownProviders(facts),
    ...hooks(facts),
    ...prompts(facts),
    ...unservedModels(facts),
    ...keys(facts),
    ...budgets(facts),
    ...listener(facts),
  ];
}

function coreEndpoint({ coreEndpoints }: ProblemFacts): Problem[] {
  return coreEndpoints.map((name) => ({
    severity: "error",
    path: `gateway.http.endpoints.${name}.enabled`,
    message:
      "Core's own endpoint answers /v1/models and /v1/embeddings" +
      `${name === "chatCompletions" ? ", and /v1/chat/completions," : ""} instead of the relay.`,
    fix: "Set it to false.",
  }));
}

/** The risk of listening beyond this machine without TLS. */
function listener({ config: { listen } }: ProblemFacts): Problem[] {
  return listen === undefined || listen.tls !== undefined || isLocal(listen.host)
    ? []
    : [
        {
          severity: "warning",
          path: pathOf("listen", "host"),
          message: `The listener on ${quoted(listen.host)} accepts connections from other machines without TLS, so whoever can read the network traffic can read keys, prompts and answers.`,
          fix: "Set it to 127.0.0.1 and put a proxy with TLS in front, or set listen.tls.",
        },
      ];
}

function isLocal(host: string): boolean {
  return host.toLowerCase() === "localhost" || isLoopback(host);
}

function defaultAgent({ config, agentIds }: ProblemFacts): Problem[] {
  const named = config.defaultAgent;
  return named === undefined || agentIds.includes(named.toLowerCase())
    ? []
    : [
        {
          severity: "error",
          path: pathOf("defaultAgent"),
          message: `There is no agent ${quoted(named)}, so \`openclaw\` and \`openclaw/default\` are refused.`,
          fix: `Set it to one of ${listed(agentIds)}, or remove it.`,
        },
      ];
}

function unknownAgents({ config, agentIds }: ProblemFacts): Problem[] {
  return Object.keys(config.agents)
    .filter((id) => !agentIds.includes(id))
    .map((id) => ({
      severity: "warning",
      path: pathOf("agents", id),
      message: `There is no agent ${quoted(id)}, so these settings are never used.`,
      fix: `Rename it to one of ${listed(agentIds)}, or remove it.`,
    }));
}

function unknownProviders({ config, providers }: ProblemFacts): Problem[] {
  return Object.keys(config.upstream.providers)
    .filter((id) => providers !== undefined && !providers.has(id))
    .map((id) => ({
      severity: "warning",
      path: pathOf("upstream", "providers", id),
      message: `The gateway has no provider ${quoted(id)}, so these settings are never used.`,
      fix: "Use the id of a provider in models.providers, or of one that the gateway has a key for, or remove these settings.",
    }));
}

/** Hooks set the prompt of light turns that are agent runs, and limit the tools of a key's runs. */
function hooks({ config, agentIds, keys: all, missingHookPermissions }: ProblemFacts): Problem[] {
  const agent = agentIds.find((id) => runsTrimmed(config, id));
  const key = all.find(({ settings }) => runsLimited(settings));
  const refused = [
    ...(agent === undefined ? [] : [`light turns of agent ${quoted(agent)}`]),
    ...(key === undefined ? [] : [`agent runs of the key ${quoted(key.name)}`]),
  ];
  return refused.length === 0
    ? []
    : missingHookPermissions.map(({ key: setting, value }) => ({
        severity: "error",
        path: `${entry}.hooks.${setting}`,
        message: `Hooks are not allowed, so requests that need them are refused: ${refused.join("; ")}.`,
        fix: `Set it to ${value}.`,
      }));
}

function runsLimited({ modes, tools }: KeyFacts["settings"]): boolean {
  return modes.includes("agent") && tools !== "agent";
}

function runsTrimmed(config: RelayConfig, agentId: string): boolean {
  const settings = config.agents[agentId];
  return (
    (settings?.light?.tools ?? []).length > 0 ||
    (settings?.session?.ephemeral === false && modeOf(config, agentId) === "light")
  );
}

function prompts({ config, agents }: ProblemFacts): Problem[] {
  return [...agents].flatMap(([id, { promptProblem }]) =>
    promptProblem === undefined
      ? []
      : [
          {
            severity: "error" as const,
            path: namesPrompt(config, id)
              ? pathOf("agents", id, "http", "systemPrompt")
              : pathOf("light", "files"),
            message: `Light turns of agent ${quoted(id)} are refused. ${promptProblem}`,
            fix: "Name a file in the agent's workspace, or set the prompt here as a text.",
          },
        ],
  );
}

export function namesPrompt(config: RelayConfig, agentId: string): boolean {
  return config.agents[agentId]?.http?.systemPrompt !== undefined;
}

/** Agents in passthrough or light mode whose models the relay cannot reach, or whose api it does not implement. */
function unservedModels({ config, agentIds, agents }: ProblemFacts): Problem[] {
  return agentIds.flatMap((id): Problem[] => {
    const mode = modeOf(config, id);
    const targets = agents.get(id)?.targets ?? [];
    if (mode === "agent" || runsTrimmed(config, id) || targets.length === 0) {
      return [];
    }
    const reasons = targets.map(reasonNotServed).filter((reason) => reason !== undefined);
    const isServed = reasons.length < targets.length;
    const ownMode = Object.hasOwn(config.agents, id) && config.agents[id]?.mode !== undefined;
    return reasons.length === 0
      ? []
      : [
          {
            severity: isServed ? "warning" : "error",
            path: ownMode ? pathOf("agents", id, "mode") : pathOf("mode"),
            message:
              `Agent ${quoted(id)} is served in ${mode} mode, and ` +
              `${isServed ? "some of its models are skipped" : "none of its models can be used"}: ${reasons.join(" ")}`,
            fix: `Give the agent models that the gateway can call (\`openclaw models status\` shows them), or set ${pathOf("agents", id, "mode")} to "agent".`,
          },
        ];
  });
}

function reasonNotServed(target: TargetFact): string | undefined {
  return target.kind === "unknown" ? target.message : undefined;
}

function keys({ keys: all, agentIds }: ProblemFacts): Problem[] {
  return [
    ...all.flatMap((key) => unknownAgentsOf(key, agentIds)),
    ...duplicates(all, {
      same: ({ sha256, previous }) => [sha256, previous?.sha256],
      setting: "sha256",
      message: "have the same digest, so only one of them is used",
      fix: "Remove one of them, and create a new key for it with `openclaw passthrough keys create`.",
    }),
    ...duplicates(all, {
      same: ({ id }) => [id],
      setting: "id",
      message: "have the same id, so they share sessions, limits and usage",
      fix: "Give one of them another id.",
    }),
  ];
}

function unknownAgentsOf({ path, settings }: KeyFacts, agentIds: readonly string[]): Problem[] {
  const named = settings.agents ?? [];
  const unknownIds = named.filter((id) => !agentIds.includes(id.toLowerCase()));
  return unknownIds.length === 0
    ? []
    : [
        {
          severity: unknownIds.length === named.length ? "error" : "warning",
          path: `${path}.agents`,
          message: `There is no agent ${listed(unknownIds)}.`,
          fix: `Name one of ${listed(agentIds)}, or remove the list to allow all agents.`,
        },
      ];
}

interface UniqueSetting {
  readonly same: (settings: KeyFacts["settings"]) => readonly (string | undefined)[];
  readonly setting: string;
  readonly message: string;
  readonly fix: string;
}

/** Keys that share a value which must be unique. */
function duplicates(
  all: readonly KeyFacts[],
  { same, setting, message, fix }: UniqueSetting,
): Problem[] {
  const firstWith = new Map<string, string>();
  return all.flatMap(({ name, path, settings }): Problem[] => {
    const values = same(settings).filter((value) => value !== undefined);
    const other = values.map((value) => firstWith.get(value)).find((found) => found !== undefined);
    for (const value of values) {
      firstWith.set(value, name);
    }
    return other === undefined
      ? []
      : [
          {
            severity: "error",
            path: `${path}.${setting}`,
            message: `The keys ${quoted(other)} and ${quoted(name)} ${message}.`,
            fix,
          },
        ];
  });
}

/** Keys with a budget that may use a model without a price: its usage costs the budget nothing. */
function budgets({ keys: all, agents }: ProblemFacts): Problem[] {
  return all.flatMap(({ path, settings }): Problem[] => {
    const budget = budgetOf(settings);
    const free = new Set<string>();
    for (const [id, { targets = [] }] of agents) {
      for (const target of mayAskFor(settings, id) ? targets : []) {
        if (target.kind === "known" && !target.hasPrice) {
          free.add(modelName(target));
        }
      }
    }
    return budget === undefined || free.size === 0
      ? []
      : [
          {
            severity: "warning",
            path: `${path}.${budget}`,
            message: `The price of ${listed([...free])} is unknown or zero, so using it does not count against the key's budget.`,
            fix: "Set the model's `cost` in models.providers, or limit the key's tokens (`tokensPerMinute`).",
          },
        ];
  });
}

/** The name of a key's first budget setting; undefined if the key has no budget. */
export function budgetOf(settings: KeyFacts["settings"]): string | undefined {
  return Object.keys(settings).find((setting) => setting.startsWith("budgetUsd"));
}

export function mayAskFor({ agents }: KeyFacts["settings"], agentId: string): boolean {
  return agents === undefined || agents.some((id) => id.toLowerCase() === agentId);
}

export function modeOf(config: RelayConfig, agentId: string): RelayConfig["mode"] {
  return config.agents[agentId]?.mode ?? config.mode;
}

/** @returns the full path of a setting of the plugin. */
export function pathOf(...names: readonly string[]): string {
  return names.reduce(
    (path, name) =>
      /^[A-Za-z_][\w-]*$/.test(name) ? `${path}.${name}` : `${path}[${quoted(name)}]`,
    `${entry}.config`,
  );
}

function quoted(name: string): string {
  return JSON.stringify(name);
}

function listed(names: readonly string[]): string {
  return names.map(quoted).join(", ");
}
