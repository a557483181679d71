/** What the gateway refuses for us: an invalid config, and callers without the scope or the token. */
import { cp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, inject, test } from "vitest";
import { call, until } from "../support/client.ts";
import { baseConfig, mergeConfig, scratchFolder, startGateway } from "../support/gateway.ts";
import { needs } from "../support/host-can.ts";
import { runHost } from "../support/install.ts";
import { entries, messages, useGateway } from "./fixture.ts";
import { relayConfig } from "./relay-config.ts";

describe("an invalid config", () => {
  test.each([
    [
      { mode: "turbo" },
      /^(?:(?!config\.mode)[^])*plugins\.entries\.passthrough\.config\.mode: .*"agent", "light", "passthrough"\)(?:(?!config\.mode)[^])*$/,
    ],
    [
      { keys: { bot: { id: "k", sha256: "0".repeat(64), modes: ["agnt"] } } },
      /config\.keys\.bot\.modes\.0: .*"agent", "light", "passthrough"/,
    ],
    [{ maxBodyBytes: "20 MB" }, /plugins\.entries\.passthrough\.config\.maxBodyBytes.*integer/],
    [{ limits: {} }, /plugins\.entries\.passthrough\.config.*limits/],
  ])("is refused with its path and the allowed values: %j", async (config, words) => {
    const folder = await scratchFolder("config");
    await cp(inject("installedState"), join(folder, "state"), { recursive: true });
    const wrong = { plugins: { entries: { passthrough: { enabled: true, config } } } };
    await writeFile(
      join(folder, "openclaw.json"),
      JSON.stringify(mergeConfig(baseConfig(folder, 18_789), wrong)),
    );
    await expect(runHost(folder, ["config", "validate"])).rejects.toThrow(words);
    await rm(folder, { recursive: true });
  });

  test("stops the gateway at startup", async () => {
    // The exit code is 1 in 2026.5.
    await expect(
      startGateway({
        config: { plugins: { entries: { passthrough: { config: { mode: "turbo" } } } } },
        stateFrom: inject("installedState"),
      }),
    ).rejects.toThrow(/ended with (?:78|1) before/);
  });
});

describe("a gateway without a token, behind an identity-aware ingress", () => {
  const fixture = useGateway({
    config: () => ({
      gateway: { auth: { mode: "none" }, http: { endpoints: { responses: { enabled: true } } } },
    }),
  });
  const ask = (named: string, scopes: string) =>
    call(`${fixture.gateway.url}/v1/chat/completions`, {
      body: { model: named, messages },
      headers: { "x-openclaw-scopes": scopes },
    });

  test("allows an agent with operator.write, and a model only with operator.admin", async () => {
    expect((await ask("openclaw", "operator.write")).status).toBe(200);
    const refused = await ask("local/m1", "operator.write");
    expect([refused.status, refused.body.toString()]).toEqual([
      403,
      expect.stringContaining("operator.admin"),
    ]);
    expect((await ask("local/m1", "operator.admin")).status).toBe(200);
  });

  test("log and status report that core's responses endpoint takes over models and embeddings", async () => {
    const models = await call(`${fixture.gateway.url}/v1/models`);
    expect([models.status, models.headers["x-openclaw-request-id"]]).toEqual([200, undefined]);
    const words =
      "core's own endpoint answers /v1/models and /v1/embeddings instead of the relay: " +
      "set gateway.http.endpoints.responses.enabled to false";
    const path = "passthrough: gateway.http.endpoints.responses.enabled: ";
    await until(() => fixture.gateway.output().split(path).length === 2, 10_000);
    const status = await runHost(fixture.gateway.folder, [
      "gateway",
      "call",
      "passthrough.status",
      "--json",
    ]);
    expect(status).toContain(words);
    // Chat completions still reach the relay.
    expect((await ask("openclaw", "operator.write")).headers["x-openclaw-mode"]).toBeDefined();
  });

  test("still requires a virtual key on both entries for them, whatever scopes the caller claims", async () => {
    for (const entry of entries.slice(1)) {
      const { url, call: askWithKey } = fixture.through(entry);
      const refused = await call(`${url}/chat/completions`, {
        body: { messages },
        headers: { "x-openclaw-scopes": "operator.admin" },
      });
      expect([entry.name, refused.status]).toEqual([entry.name, 401]);
      expect((await askWithKey("/chat/completions", { messages })).status).toBe(200);
    }
  });

  test("refuses operator.read with 403", async () => {
    const refused = await ask("openclaw", "operator.read");
    expect([refused.status, refused.body.toString()]).toEqual([
      403,
      expect.stringContaining("operator.write"),
    ]);
  });
});

describe("a gateway with a token", () => {
  const ours = (config: object, more: object = {}) => ({
    plugins: { entries: { passthrough: { config, ...more } } },
  });
  const wrong = {
    defaultAgent: "nobody",
    agents: { nobody: {}, main: { light: { tools: ["memory_search"] } } },
    upstream: { providers: { nonexist: {} } },
    keys: { bot: { id: "k1", sha256: "0".repeat(64), agents: ["ghost"], budgetUsdPerDay: 1 } },
  };
  const fixture = useGateway({ config: () => ours(wrong) });
  const problems = async () => {
    const answer = await runHost(fixture.gateway.folder, [
      "gateway",
      "call",
      "passthrough.status",
      "--json",
    ]);
    const { problems: found } = JSON.parse(answer) as { problems: { path: string }[] };
    // Without what is wrong right now: some requests of these tests fail.
    const ofConfig = found.map(({ path }) => path).filter((path) => path.startsWith(ownPath));
    return new Set(ofConfig.map((path) => path.slice(ownPath.length)));
  };
  const ownPath = "plugins.entries.passthrough.";
  const lines = (words: string) =>
    fixture.gateway
      .output()
      .split("\n")
      .filter((line) => line.includes(words));

  test("logs each ineffective setting once, and where the relay listens", async () => {
    const expected = [
      "config.defaultAgent",
      "config.agents.nobody",
      "config.upstream.providers.nonexist",
      "config.keys.bot.agents",
      "hooks.allowConversationAccess",
    ];
    expect(await problems()).toEqual(new Set(expected));
    for (const path of expected) {
      await until(() => lines(`passthrough.${path}: `).length === 1, 10_000);
    }
    const { port } = fixture.gateway;
    expect(lines(`passthrough: listening on port ${port}`)).toEqual([
      expect.stringContaining("/passthrough/v1 for 2 virtual keys; mode passthrough"),
    ]);
    // The host's own warning for each hook that it drops.
    expect(lines("typed hook")).toEqual([]);
  });

  test(
    "says so again after a change, and has a hook as soon as it is allowed",
    needs("trimmedRuns"),
    async () => {
      const { port } = fixture.gateway;
      const main = {
        http: { systemPrompt: "You are short." },
        light: { tools: ["memory_search"] },
      };
      const askLight = () =>
        fixture
          .call(
            "/v1/chat/completions",
            { model: "openclaw/main", messages },
            { "x-openclaw-light-context": "1" },
          )
          .catch(() => undefined);
      expect((await askLight())?.status).toBe(500);
      await fixture.gateway.writeConfig(
        relayConfig(fixture.provider, ours({ agents: { main, another: {} } })),
      );
      await until(() => lines("passthrough.config.agents.another: ").length === 1, 20_000);
      expect(await problems()).toEqual(
        new Set(["config.agents.another", "hooks.allowConversationAccess"]),
      );
      await fixture.gateway.writeConfig(
        relayConfig(
          fixture.provider,
          ours({ agents: { main } }, { hooks: { allowConversationAccess: true } }),
        ),
      );
      await until(async () => (await askLight())?.status === 200, 60_000);
      expect(await problems()).toEqual(new Set());
      expect(lines("typed hook")).toEqual([]);
      expect(lines(`listening on port ${port}`).length).toBeGreaterThan(0);
    },
  );

  // Up to ten wrong keys of one address get a 401, on both entries for keys together.
  test.each(entries)("answers 401 without the right credential on $name", async (entry) => {
    const { url } = fixture.through(entry);
    const chat = ["/chat/completions", { messages }] as const;
    const another = entries.find(({ token }) => token !== entry.token);
    for (const [[endpoint, body], authorization] of [
      [chat, ""],
      [chat, "Bearer wrong"],
      [chat, `Bearer ${another?.token}`],
      [["/embeddings", { input: "x" }], ""],
      [["/models", undefined], ""],
    ] as const) {
      const answer = await call(url + endpoint, { body, headers: { authorization } });
      expect([endpoint, answer.status]).toEqual([endpoint, 401]);
    }
    expect(fixture.provider.requests).toEqual([]);
  });
});
