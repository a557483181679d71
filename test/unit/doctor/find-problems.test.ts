import { describe, expect, test } from "vitest";
import { resolveConfig } from "../../../src/config/resolve.ts";
import type { AgentFacts, ProblemFacts, TargetFact } from "../../../src/doctor/facts.ts";
import type { FileFact } from "../../../src/doctor/file-facts.ts";
import { findProblems } from "../../../src/doctor/find-problems.ts";

const known = (more: Partial<Extract<TargetFact, { kind: "known" }>> = {}): TargetFact => ({
  kind: "known",
  provider: "local",
  modelId: "m1",
  hasPrice: true,
  ...more,
});
const agent = (...targets: TargetFact[]): AgentFacts => ({ targets, promptProblem: undefined });

const capabilities = {
  trimmedRuns: true,
  toolLimits: true,
  memorySessions: true,
  sessionCleanup: true,
};
const oldHost = (missing: keyof typeof capabilities) => ({
  version: "2026.7.35",
  capabilities: { ...capabilities, [missing]: false },
});
const file = (more: Partial<FileFact>): FileFact => ({
  path: "/state/passthrough",
  kind: "folder",
  mode: 0o700,
  isOwn: true,
  isUsable: true,
  ...more,
});
const keyless = (provider: string): TargetFact => ({
  kind: "unknown",
  message: `The gateway has no key for ${provider}.`,
  description: { provider, modelId: "m9", hasProvider: true, isListed: true, hasKey: false },
});

interface Given extends Partial<Omit<ProblemFacts, "config" | "keys">> {
  readonly config?: object;
}

function problemsOf({ config: written, ...more }: Given) {
  const config = resolveConfig({ mode: "passthrough", ...written });
  return findProblems({
    config,
    agentIds: ["main", "claude"],
    agents: new Map(),
    keys: Object.entries(config.keys).map(([name, settings]) => ({
      name,
      path: `plugins.entries.passthrough.config.keys.${name}`,
      settings,
    })),
    providers: new Set(["local"]),
    configuredProviders: [{ id: "local", baseUrl: "http://127.0.0.1:9000/v1" }],
    coreEndpoints: [],
    missingHookPermissions: [],
    host: { version: "2026.9.6", capabilities },
    files: [file({}), file({ kind: "keys", path: "/state/passthrough/keys.json", mode: 0o600 })],
    ...more,
  });
}
const key = (more: object) => ({
  id: "k1",
  sha256: "0".repeat(64),
  modes: ["passthrough"],
  ...more,
});
const config = "plugins.entries.passthrough.config";

describe("a problem is", () => {
  const cases: readonly [string, Given, string, string][] = [
    [
      "core's endpoint hides ours",
      { coreEndpoints: ["responses"] },
      "error gateway.http.endpoints.responses.enabled",
      "instead of the relay",
    ],
    [
      "an unknown default agent",
      { config: { defaultAgent: "nobody" } },
      `error ${config}.defaultAgent`,
      '"nobody"',
    ],
    [
      "settings of an unknown agent",
      { config: { agents: { nobody: {} } } },
      `warning ${config}.agents.nobody`,
      '"nobody"',
    ],
    [
      "settings of an agent whose name is not a valid id",
      { config: { agents: { "Main 2": {} } } },
      `warning ${config}.agents["Main 2"]`,
      "never used",
    ],
    [
      "settings of an unknown provider",
      { config: { upstream: { providers: { nonexist: {} } } } },
      `warning ${config}.upstream.providers.nonexist`,
      '"nonexist"',
    ],
    [
      "a key whose only agent is unknown",
      { config: { keys: { bot: key({ agents: ["ghost"] }) } } },
      `error ${config}.keys.bot.agents`,
      '"ghost"',
    ],
    [
      "a key with one unknown agent",
      { config: { keys: { bot: key({ agents: ["MAIN", "ghost"] }) } } },
      `warning ${config}.keys.bot.agents`,
      '"ghost"',
    ],
    [
      "two keys with the same digest",
      { config: { keys: { bot: key({}), phone: key({ id: "k2" }) } } },
      `error ${config}.keys.phone.sha256`,
      '"bot" and "phone"',
    ],
    [
      "two keys with the same id",
      { config: { keys: { bot: key({}), phone: key({ sha256: "1".repeat(64) }) } } },
      `error ${config}.keys.phone.id`,
      '"bot" and "phone"',
    ],
    [
      "a budget for a model without a price",
      {
        config: { keys: { bot: key({ agents: ["main"], budgetUsdPerDay: 1 }) } },
        agents: new Map([
          ["main", agent(known({ hasPrice: false }), known({ modelId: "m2" }))],
          ["claude", agent(known({ modelId: "m3", hasPrice: false }))],
        ]),
      },
      `warning ${config}.keys.bot.budgetUsdPerDay`,
      'The price of "local/m1" is unknown or zero',
    ],
    [
      "an unreadable prompt",
      {
        config: { agents: { main: { http: { systemPrompt: { file: "no.md" } } } } },
        agents: new Map([["main", { targets: undefined, promptProblem: "It is not there." }]]),
      },
      `error ${config}.agents.main.http.systemPrompt`,
      "It is not there.",
    ],
    [
      "an agent without any usable model",
      { agents: new Map([["claude", agent({ kind: "unknown", message: "There is no x/y." })]]) },
      `error ${config}.mode`,
      "There is no x/y.",
    ],
    [
      "an agent with one unusable model",
      {
        config: { mode: "agent", agents: { claude: { mode: "light" } } },
        agents: new Map([
          ["claude", agent(known(), { kind: "unknown", message: "There is no x/y." })],
        ]),
      },
      `warning ${config}.agents.claude.mode`,
      "There is no x/y.",
    ],
    [
      "a hook that light turns need but that is not allowed",
      {
        config: { agents: { main: { light: { tools: ["memory_search"] } } } },
        missingHookPermissions: [{ key: "allowConversationAccess", value: true }],
      },
      "error plugins.entries.passthrough.hooks.allowConversationAccess",
      'agent "main"',
    ],
    [
      "a hook that a key's agent runs need but that is not allowed",
      {
        config: {
          keys: {
            bot: key({ modes: ["agent"] }),
            free: key({ id: "k2", sha256: "1".repeat(64), modes: ["agent"], tools: "agent" }),
          },
        },
        missingHookPermissions: [{ key: "allowPromptInjection", value: true }],
      },
      "error plugins.entries.passthrough.hooks.allowPromptInjection",
      'agent runs of the key "bot".',
    ],
    [
      "a listener for other machines without TLS",
      { config: { listen: { host: "0.0.0.0", port: 18_790 } } },
      `warning ${config}.listen.host`,
      "can read keys, prompts and answers",
    ],
    [
      "a listener on a host name without TLS",
      { config: { listen: { host: "relay.example", port: 18_790 } } },
      `warning ${config}.listen.host`,
      '"relay.example"',
    ],
    [
      "a key for models of an unknown provider",
      { config: { keys: { bot: key({ models: ["nonexist/m1"] }) } } },
      `error ${config}.keys.bot.models`,
      '"nonexist/m1"',
    ],
    [
      "a key with one model of an unknown provider",
      { config: { keys: { bot: key({ models: ["local/*", "nonexist/*", "*/m1"] }) } } },
      `warning ${config}.keys.bot.models`,
      'for "nonexist/*".',
    ],
    [
      "a key that refuses the mode of its only agent",
      {
        config: {
          agents: { main: { mode: "light" } },
          keys: { bot: key({ agents: ["main"] }) },
        },
      },
      `error ${config}.keys.bot.modes`,
      "does not allow light mode",
    ],
    [
      "a key that refuses the mode of one of its agents",
      {
        config: {
          agents: { main: { mode: "light" } },
          keys: { bot: key({ agents: ["main", "claude"] }) },
        },
      },
      `warning ${config}.keys.bot.modes`,
      'to agent "main" are refused',
    ],
    [
      "a key whose mode none of the agent's models can serve",
      {
        config: { mode: "agent", keys: { bot: key({ agents: ["main"] }) } },
        agents: new Map([["main", agent({ kind: "unknown", message: "There is no x/y." })]]),
      },
      `error ${config}.keys.bot.modes`,
      "is served in passthrough mode",
    ],
    [
      "a provider on another machine without TLS",
      { configuredProviders: [{ id: "lan", baseUrl: "http://user:secret@192.168.0.9:8000/v1" }] },
      "warning models.providers.lan.baseUrl",
      'go to "192.168.0.9:8000" without TLS',
    ],
    [
      "a folder that other users can read",
      { files: [file({ mode: 0o755 })] },
      "warning /state/passthrough",
      "can be read by other users of this machine (0755)",
    ],
    [
      "a file of keys that other users can change",
      { files: [file({ kind: "keys", path: "/state/passthrough/keys.json", mode: 0o666 })] },
      "error /state/passthrough/keys.json",
      "can be changed by other users of this machine (0666)",
    ],
    [
      "a file of usage of another user",
      {
        files: [
          file({ kind: "usage", path: "/state/passthrough/usage.json", mode: 0o600, isOwn: false }),
        ],
      },
      "warning /state/passthrough/usage.json",
      "belongs to another user",
    ],
    [
      "a folder that the gateway cannot use",
      { files: [file({ isUsable: false, isOwn: false })] },
      "error /state/passthrough",
      "cannot be read and written",
    ],
    [
      "light tools on a host that ignores the hook's prompt",
      {
        config: { agents: { main: { light: { tools: ["memory_search"] } } } },
        host: oldHost("trimmedRuns"),
      },
      `error ${config}.agents.main.light.tools`,
      "OpenClaw 2026.7.35",
    ],
    [
      "agent runs of a key on a host that cannot limit tools",
      { config: { keys: { bot: key({ modes: ["agent"] }) } }, host: oldHost("toolLimits") },
      `error ${config}.keys.bot.modes`,
      "`toolLimits`",
    ],
    [
      "retention on a host that cannot remove sessions",
      { config: { retention: { modelRunTtlMs: 86_400_000 } }, host: oldHost("sessionCleanup") },
      `warning ${config}.retention`,
      "`sessionCleanup`",
    ],
    [
      "agent mode on a host without sessions in memory",
      { config: { mode: "agent" }, host: oldHost("memorySessions") },
      `warning ${config}.sessions.anonymous`,
      "`memorySessions`",
    ],
  ];

  test.each(cases)("%s", (_what, given, where, words) => {
    const problems = problemsOf(given);
    expect(problems.map(({ severity, path }) => `${severity} ${path}`)).toEqual([where]);
    expect(problems[0]?.message).toContain(words);
    expect(problems[0]?.fix).toMatch(/^[A-Z].*\.$/);
  });
});

test("a valid config has no problems", () => {
  expect(
    problemsOf({
      config: {
        mode: "agent",
        defaultAgent: "Main",
        agents: { main: { mode: "passthrough" }, claude: { light: { tools: [] } } },
        upstream: { providers: { local: { retries: 1 } } },
        keys: {
          bot: key({ agents: ["MAIN"], budgetUsdPerDay: 1 }),
          phone: key({ id: "k2", sha256: "1".repeat(64) }),
        },
      },
      agents: new Map([["main", agent(known())]]),
      missingHookPermissions: [{ key: "allowConversationAccess", value: true }],
    }),
  ).toEqual([]);
});

test.each([
  { port: 18_790 },
  { host: "localhost", port: 18_790 },
  { host: "::1", port: 18_790 },
  { host: "127.0.0.2", port: 18_790 },
  { host: "0.0.0.0", port: 18_790, tls: { certFile: "/cert.pem", keyFile: "/key.pem" } },
])("a listener is no problem: %j", (listen) => {
  expect(problemsOf({ config: { listen } })).toEqual([]);
});

test("providers are not checked if the host does not list them", () => {
  const written = { upstream: { providers: { nonexist: {} } } };
  expect(problemsOf({ config: written, providers: undefined })).toEqual([]);
});

test("a provider without a credential is named with its setting, and as an error only where nothing else serves", () => {
  const paths = (...targets: TargetFact[]) =>
    problemsOf({ agents: new Map([["main", agent(...targets)]]) }).map(
      ({ severity, path }) => `${severity} ${path}`,
    );
  expect(paths(keyless("cloud"))).toEqual([
    "error models.providers.cloud.apiKey",
    `error ${config}.mode`,
  ]);
  expect(paths(known(), keyless("my.cloud"))).toEqual([
    'warning models.providers["my.cloud"].apiKey',
  ]);
});

test.each([
  [{ hasProvider: false }, 'no provider for "cloud/m9"'],
  [{ hasKey: false }, 'no credential for "cloud/m9"'],
  [{ isListed: false }, 'does not know "cloud/m9"'],
  [{}, "The host said so."],
])("a model that cannot be used says why: %j", (more, words) => {
  const description = {
    provider: "cloud",
    modelId: "m9",
    hasProvider: true,
    isListed: true,
    hasKey: true,
    ...more,
  };
  const target: TargetFact = { kind: "unknown", message: "The host said so.", description };
  const problems = problemsOf({ agents: new Map([["main", agent(target)]]) });
  expect(problems.at(-1)?.message).toContain(words);
});

test.each([
  "https://api.example/v1",
  "http://localhost:11434",
  "http://[::1]:8000/v1",
  "http://127.0.0.1:1",
  "http://host.docker.internal:11434",
  "not a url",
])("a provider is no problem: %s", (baseUrl) => {
  expect(problemsOf({ configuredProviders: [{ id: "local", baseUrl }] })).toEqual([]);
});

test("files are not judged by rights on a system without them", () => {
  expect(problemsOf({ files: [file({ mode: undefined })] })).toEqual([]);
});
