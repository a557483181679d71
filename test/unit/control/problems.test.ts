import { describe, expect, test } from "vitest";
import { resolveConfig } from "../../../src/config/resolve.ts";
import {
  type AgentFacts,
  findProblems,
  type ProblemFacts,
  type TargetFact,
} from "../../../src/control/problems.ts";

const known = (more: Partial<Extract<TargetFact, { kind: "known" }>> = {}): TargetFact => ({
  kind: "known",
  provider: "local",
  modelId: "m1",
  hasPrice: true,
  ...more,
});
const agent = (...targets: TargetFact[]): AgentFacts => ({ targets, promptProblem: undefined });

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
    coreEndpoints: [],
    missingHookPermissions: [],
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
