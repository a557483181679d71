/** A gateway with several agents: which agent serves a request, with which models, and a config edit at run time. */
import { describe, expect, test } from "vitest";
import { open, until } from "../support/client.ts";
import { gatewayToken, mergeConfig } from "../support/gateway.ts";
import { json, ordinaryEvents, type Provider, stream } from "../support/provider.ts";
import { messages, useGateway } from "./fixture.ts";
import { relayConfig, singleAttempts } from "./relay-config.ts";

const agents = (provider: Provider) => ({
  agents: {
    ownership: "explicit",
    entries: {
      work: { model: "local/m2" },
      home: {},
      pair: { model: { primary: "local/m2", fallbacks: ["local/m1"] } },
      // The gateway has no such model.
      lost: { model: "nobody/x1" },
    },
  },
  models: {
    providers: {
      local: { baseUrl: provider.baseUrl },
    },
  },
  ...singleAttempts,
});
const fixture = useGateway({ config: agents });

const ask = (named: string | undefined, headers?: Record<string, string>) =>
  fixture.call("/v1/chat/completions", { model: named, messages }, headers);
const models = () => fixture.provider.requests.map((request) => request.json.model);

describe("with several agents", () => {
  test("a request for the default agent gets 400 with the list of agents and the setting to use", async () => {
    for (const named of ["openclaw", "openclaw/default", undefined]) {
      const answer = await ask(named);
      const { error } = JSON.parse(answer.body.toString());
      expect([answer.status, error.code]).toEqual([400, "agent_required"]);
      expect(error.message).toMatch(/work, home, pair, lost/);
      expect(error.message).toContain("plugins.entries.passthrough.config.defaultAgent");
    }
  });

  test("each agent uses its own model", async () => {
    await ask("openclaw/work");
    await ask("agent:home");
    await ask("openclaw:Work");
    expect(models()).toEqual(["m2", "m1", "m2"]);
  });

  test("x-openclaw-agent and x-openclaw-agent-id select an agent", async () => {
    await ask("openclaw", { "x-openclaw-agent": "work" });
    await ask("openclaw/work", { "x-openclaw-agent-id": "home" });
    expect(models()).toEqual(["m2", "m1"]);
  });

  test("a model set as a string has no default fallbacks, as in the host", async () => {
    const busy = json({ error: { message: "busy" } }, 503);
    fixture.provider.behave("m2", busy);
    expect((await ask("openclaw/work")).status).toBe(503);
    expect(models()).toEqual(["m2"]);
    expect((await ask("openclaw/pair")).headers["x-openclaw-attempts"]).toBe("2");
    fixture.provider.behave("m2", json({ ok: true }));
    fixture.provider.behave("m1", busy);
    expect((await ask("openclaw/home")).headers["x-openclaw-model"]).toBe("m2");
  });

  test("a request that names a model needs no agent", async () => {
    expect((await ask("local/m2")).status).toBe(200);
  });

  test("an unknown agent gets 404 with its name", async () => {
    const answer = await ask("openclaw/nix");
    expect([answer.status, answer.body.toString()]).toEqual([404, expect.stringContaining("nix")]);
  });

  test("/v1/models lists the agents that can serve, and no default agent if there is none", async () => {
    const { data } = JSON.parse((await fixture.call("/v1/models")).body.toString());
    expect(data.map(({ id }: { id: string }) => id).slice(0, 4)).toEqual([
      "openclaw/work",
      "openclaw/home",
      "openclaw/pair",
      "local/m1",
    ]);
  });
});

test("a config edit takes effect while an open stream continues", async () => {
  const gate = Promise.withResolvers<void>();
  fixture.provider.behave("m2", async (exchange) => {
    // Without a finish_reason: the relay ends a complete stream within a second, and the edit may take longer.
    await stream({ pieces: ordinaryEvents().slice(0, -2), ending: "silence" })(exchange);
    await gate.promise;
    exchange.response.end("data: [DONE]\n\ndata: late\n\n");
  });
  const answer = await open(`${fixture.gateway.url}/v1/chat/completions`, {
    body: { model: "openclaw/work", messages, stream: true },
    headers: { authorization: `Bearer ${gatewayToken}` },
  });
  let text = "";
  answer.stream.on("data", (part: Buffer) => {
    text += part.toString();
  });

  await fixture.gateway.writeConfig(
    mergeConfig(relayConfig(fixture.provider, agents(fixture.provider)), {
      plugins: {
        entries: { passthrough: { config: { defaultAgent: "home", maxBodyBytes: 1024 } } },
      },
    }),
  );
  await until(async () => {
    const { status } = await ask("openclaw");
    // 400 until the edit applies (no default agent). Any other status means that the plugin is gone or broken.
    expect([200, 400]).toContain(status);
    return status === 200;
  }, 20_000);
  expect(models().at(-1)).toBe("m1");
  const large = await fixture.call("/v1/chat/completions", { messages, filler: "x".repeat(2000) });
  expect(large.status).toBe(413);

  gate.resolve();
  await new Promise((resolve) => answer.stream.once("close", resolve));
  expect(answer.stream.complete).toBe(true);
  expect(text).toMatch(/data: \[DONE\]\n\ndata: late\n\n$/);
});
