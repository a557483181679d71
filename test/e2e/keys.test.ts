/** Virtual keys in a real gateway: creation, usage, limits, and what no key can reach. */
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type Answer, call, callAndLeave, until } from "../support/client.ts";
import { filesContaining } from "../support/disk.ts";
import { gatewayToken } from "../support/gateway.ts";
import { runHost } from "../support/install.ts";
import {
  type Behaviour,
  chunk,
  event,
  ordinaryEvents,
  type Provider,
  silence,
  stream,
} from "../support/provider.ts";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import { messages, openaiClient, useGateway } from "./fixture.ts";
import { model, relayConfig } from "./relay-config.ts";

/** Keys that are in the config from the start. */
const texts = {
  plain: createKeyText(),
  narrow: createKeyText(),
  relayOnly: createKeyText(),
  lightOnly: createKeyText(),
  agent: createKeyText(),
  reader: createKeyText(),
  whole: createKeyText(),
  looper: createKeyText(),
  slow: createKeyText(),
  single: createKeyText(),
  small: createKeyText(),
  racer: createKeyText(),
};
const stored = (name: keyof typeof texts, more: object) => ({
  [name]: {
    id: name.toLowerCase(),
    sha256: keyDigest(texts[name]).toString("hex"),
    agents: ["ada"],
    ...more,
  },
});
const cost = { input: 1_000, output: 10_000, cacheRead: 100, cacheWrite: 0 };
/** Host models may have price tiers by prompt length; their flat rates then do not apply. */
const tieredCost = {
  input: 1,
  output: 1,
  cacheRead: 1,
  cacheWrite: 1,
  tieredPricing: [
    { ...cost, range: [0, 100_000] },
    { ...cost, input: 9_000, range: [100_000] },
  ],
};
const config = (provider: Provider, hooks: object) => ({
  models: {
    providers: {
      local: { models: [model("m1", { cost: tieredCost }), model("m2"), model("m3")] },
      cloud: {
        baseUrl: provider.baseUrl,
        apiKey: "sk-cloud",
        api: "openai-completions",
        models: [model("c1")],
      },
    },
  },
  agents: {
    defaults: {
      model: { primary: "local/m1", fallbacks: ["cloud/c1"] },
      models: {
        "local/m1": { alias: "one" },
        "local/m2": {},
        "cloud/c1": { alias: "dear" },
      },
    },
    ownership: "explicit",
    entries: { ada: {}, bob: {} },
  },
  plugins: {
    entries: {
      passthrough: {
        hooks,
        config: {
          mode: "agent",
          agents: { ada: { maxModelCalls: 7 } },
          upstream: { retries: 0, breaker: { failures: 1000 } },
          keys: {
            ...stored("plain", {}),
            ...stored("narrow", { models: ["local/m1", "local/m2"] }),
            ...stored("relayOnly", { modes: ["passthrough"] }),
            ...stored("lightOnly", { modes: ["light"] }),
            ...stored("agent", { modes: ["agent"] }),
            ...stored("reader", { modes: ["agent"], tools: ["read"] }),
            ...stored("whole", { modes: ["agent"], tools: "agent" }),
            ...stored("looper", { modes: ["agent"], tools: "agent", budgetUsdPerDay: 0.4 }),
            ...stored("slow", { requestsPerMinute: 2 }),
            ...stored("single", { maxConcurrent: 1 }),
            ...stored("small", { tokensPerMinute: 20 }),
            ...stored("racer", { budgetUsdPerDay: 0.1 }),
          },
        },
      },
    },
  },
});
const fixture = useGateway({
  config: (provider) => config(provider, { allowConversationAccess: true }),
});
const base = "/passthrough/v1";
const chat = `${base}/chat/completions`;

/** Runs `openclaw passthrough keys …` next to the gateway, as an operator would. */
const keys = (...args: string[]) =>
  runHost(fixture.gateway.folder, ["passthrough", "keys", ...args]);
/** Creates a key. @returns its text. */
const create = async (...args: string[]) =>
  (await keys("create", ...args)).trim().split("\n").at(-1) ?? "";
const ask = (key: string, body: object = {}, headers: Record<string, string> = {}, path = chat) =>
  call(fixture.gateway.url + path, {
    body: { model: "openclaw/ada", messages, ...body },
    headers: { authorization: `Bearer ${key}`, ...headers },
  });
const get = (key: string, path: string) =>
  call(fixture.gateway.url + path, { headers: { authorization: `Bearer ${key}` } });
const seen = ({ status, body }: Answer) => {
  const { error } = JSON.parse(body.toString() || "{}") as { error?: { code: string } };
  return [status, error?.code];
};
/** Waits until the gateway accepts the key. */
const works = (key: string) => until(async () => (await get(key, `${base}/models`)).status === 200);
const stopsWorking = (key: string) =>
  until(async () => [401, 429].includes((await get(key, `${base}/models`)).status));
const fileText = (...path: string[]) => readFile(join(fixture.gateway.folder, ...path), "utf8");

const { plain } = texts;

describe("a key", () => {
  test("relays on /passthrough/v1 only, in passthrough mode, and never reaches the provider", async () => {
    const answer = await ask(plain);
    expect([answer.status, answer.headers["x-openclaw-mode"]]).toEqual([200, "passthrough"]);
    expect(fixture.provider.requests[0]?.json).toEqual({ model: "m1", messages });
    expect((await ask(plain, {}, {}, "/v1/chat/completions")).status).toBe(401);
    expect(seen(await ask(gatewayToken))).toEqual([401, "invalid_api_key"]);
    expect(JSON.stringify(fixture.provider.requests.map(({ headers }) => headers))).not.toContain(
      plain,
    );
  });

  test("serves the openai client: JSON, stream and model list", async () => {
    const client = openaiClient({ url: fixture.gateway.url + base, token: plain });
    const whole = await client.chat.completions.create({
      model: "openclaw",
      messages: messages as never,
    });
    expect(whole.choices[0]?.message.content).toBe("Hello from the provider.");
    const streamed = client.chat.completions.stream({
      model: "openclaw",
      messages: messages as never,
    });
    expect(await streamed.finalContent()).toBe("Hello from the provider.");
    const listed = [];
    for await (const { id } of client.models.list()) {
      listed.push(id);
    }
    expect(listed).toEqual(["openclaw", "openclaw/default", "openclaw/ada"]);
  });

  test("with a typo gets another message than an unknown key", async () => {
    const typo = plain.replace(/.$/, (last) => (last === "a" ? "b" : "a"));
    const words = async (key: string) => JSON.parse((await ask(key)).body.toString()).error.message;
    expect(await words(typo)).toContain("not a complete virtual key");
    expect(await words(createKeyText())).toContain("unknown, revoked or expired");
  });

  // From here on this address has failed logins (it polls for keys that do not exist yet), so wrong keys may get 429.
  test("is shown once, and stored only as a digest, in its own file", async () => {
    const before = await fileText("openclaw.json");
    const [said] = await Promise.all([
      keys("create", "made", "--agent", "ada"),
      keys("create", "made-meanwhile", "--agent", "ada"),
    ]);
    const made = said.trim().split("\n").at(-1) ?? "";
    expect(made).toMatch(/^ocp_[0-9A-Za-z]{49}$/);
    expect(said.split(made)).toHaveLength(2);
    await works(made);
    const shown = await Promise.all([keys("list"), keys("show", "made", "--json")]);
    expect(shown).toEqual([expect.stringContaining("made"), expect.stringContaining('"made"')]);
    expect(shown.join()).not.toContain(made);
    const text = await fileText("state", "passthrough", "keys.json");
    expect(text).toContain(keyDigest(made).toString("hex"));
    expect(text).toContain('"made-meanwhile"');
    expect(await filesContaining(fixture.gateway.folder, made)).toEqual([]);
    expect(await filesContaining(fixture.gateway.folder, keyDigest(made).toString("hex"))).toEqual([
      join("state", "passthrough", "keys.json"),
    ]);
    expect(await fileText("openclaw.json")).toBe(before);
  });

  test("can be created, updated and shown by scripts, with JSON output and exit codes", async () => {
    const made = JSON.parse(await keys("create", "scripted", "--agent", "ada", "--json"));
    await works(made.text);
    await keys("update", "scripted", "--rpm", "2", "--budget", "20/month", "--budget", "1");
    await until(
      async () =>
        (await get(made.text, `${base}/models`)).headers["x-ratelimit-limit-requests"] === "2",
      15_000,
    );
    const [shown, ...failures] = await Promise.all([
      keys("show", "scripted", "--json"),
      ...[
        ["show", "nobody", "--json"],
        ["create", "other", "--rpm", "many", "--json"],
        ["create", "other", "--nope", "--json"],
      ].map((words) =>
        keys(...words).catch(({ code, stdout }) => [code, JSON.parse(stdout).error.type]),
      ),
    ]);
    expect(JSON.parse(shown)).toMatchObject({
      name: "scripted",
      place: "file",
      state: "active",
      limits: { requests: { limit: 2 }, budgetDay: { limit: 1, remaining: 1 } },
      key: { agents: ["ada"], budgetUsdPerMonth: 20 },
    });
    expect(failures).toEqual([
      [1, "command_failed"],
      [2, "usage_error"],
      [2, "cli_error"],
    ]);
  });

  test("moves from the config into the file without interruption", async () => {
    const importing = keys("import", "narrow");
    await until(async () => {
      expect((await get(texts.narrow, `${base}/models`)).status).toBe(200);
      return fixture.gateway.output().includes("hot reload applied (");
    }, 60_000);
    expect(await importing).toBe("Moved from the config: narrow.\n");
    expect(await fileText("openclaw.json")).not.toContain('"narrow"');
    expect((await get(texts.narrow, `${base}/models`)).status).toBe(200);
    expect(await keys("list")).toMatch(/narrow +ada +local\/m1,local\/m2/);
  });

  test("works until the grace period of its rotation ends, and open streams are not cut", async () => {
    const old = await create("turning", "--agent", "ada");
    await works(old);
    // A stream that runs until the test ends it.
    const over = new AbortController();
    fixture.provider.behave("m1", async (exchange) => {
      exchange.response.writeHead(200, { "content-type": "text/event-stream" });
      while (!over.signal.aborted) {
        exchange.response.write(event(chunk({ content: "word " })));
        await sleep(200);
      }
      exchange.response.end(ordinaryEvents().join(""));
    });
    const open = ask(old, { stream: true });
    const next =
      (await keys("rotate", "turning", "--grace", "12s")).trim().split("\n").at(-1) ?? "";
    await works(next);
    expect((await get(old, `${base}/models`)).status).toBe(200);
    await stopsWorking(old);
    expect((await get(next, `${base}/models`)).status).toBe(200);
    await keys("revoke", "turning");
    await stopsWorking(next);
    // Neither the rotation nor the revocation cut the open stream.
    over.abort();
    expect((await open).body.toString()).toContain("[DONE]");
  });

  test("stops working when it expires", async () => {
    const brief = await create("brief", "--expires", "15s");
    await works(brief);
    await stopsWorking(brief);
    expect(await keys("list")).toMatch(/brief .* expired/);
  });
});

describe("a key's usage", () => {
  test("is listed with its cost", async () => {
    const spender = await create("spender", "--agent", "ada", "--budget", "1");
    await works(spender);
    await ask(spender, { max_tokens: 6 });
    const streamed = await ask(spender, { max_tokens: 6, stream: true });
    expect(streamed.body.toString()).not.toContain("usage");
    const counted = { max_tokens: 6, stream: true, stream_options: { include_usage: true } };
    expect((await ask(spender, counted)).body.toString()).toContain('"usage"');
    const line = async () => {
      const lines = JSON.parse(await keys("list", "--json")) as {
        name: string;
        usage: { agent: string; model: string; today: Record<string, number> }[];
      }[];
      return lines
        .find(({ name }) => name === "spender")
        ?.usage.find(({ model: used }) => used !== "");
    };
    await until(async () => ((await line())?.today["requests"] ?? 0) === 3);
    const usage = await line();
    expect(usage).toMatchObject({
      agent: "ada",
      model: "local/m1",
      today: { errors: 0, tokensOut: 18 },
    });
    const { tokensIn = 0, costUsd = 0 } = usage?.today ?? {};
    expect(costUsd).toBeCloseTo((tokensIn * cost.input + 18 * cost.output) / 1_000_000, 6);
    expect(await keys("list")).toMatch(/spender +ada +local\/m1 +3 +0 /);
    const file = join(fixture.gateway.stateFolder, "passthrough", "usage.json");
    expect(await readFile(file, "utf8")).not.toContain("say hi");
  });

  test("counts against its budget, even with concurrent requests", async () => {
    const { racer } = texts;
    // A prompt of about 30 tokens and an answer of up to 3 cost at most $0.06.
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => ask(racer, { max_tokens: 3 })),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(2);
    expect(answers.filter(({ status }) => status === 429).map(seen)).toEqual(
      Array.from({ length: 8 }, () => [429, "insufficient_quota"]),
    );
    expect(seen(await ask(racer))).toEqual([429, "insufficient_quota"]);
  });
});

describe("a limit", () => {
  test("on requests per minute or on concurrency answers 429 with retry-after", async () => {
    const { slow, single } = texts;
    await ask(slow);
    await ask(slow);
    const refused = await ask(slow);
    expect(seen(refused)).toEqual([429, "rate_limit_exceeded"]);
    expect(refused.headers).toMatchObject({
      "retry-after": expect.stringMatching(/^\d+$/),
      "x-ratelimit-limit-requests": "2",
      "x-ratelimit-remaining-requests": "0",
    });
    const gate = Promise.withResolvers<void>();
    fixture.provider.behave("m1", async (exchange) => {
      await gate.promise;
      await stream()(exchange);
    });
    const first = ask(single, { stream: true });
    await until(() => fixture.provider.requests.length === 3);
    fixture.provider.behave("m1", silence);
    const second = await ask(single);
    expect(seen(second)).toEqual([429, "rate_limit_exceeded"]);
    expect(second.headers).toMatchObject({
      "retry-after": "1",
      "x-ratelimit-limit-concurrency": "1",
    });
    gate.resolve();
    expect((await first).status).toBe(200);
  });

  test("on tokens per minute refuses the next request once the usage is known", async () => {
    const { small } = texts;
    expect((await ask(small)).status).toBe(200);
    const refused = await ask(small);
    expect(seen(refused)).toEqual([429, "rate_limit_exceeded"]);
    expect(refused.headers["x-ratelimit-limit-tokens"]).toBe("20");
  });
});

describe("no key reaches", () => {
  const { narrow } = texts;

  test.each([
    ["another agent", { model: "openclaw/bob" }, {}, [404, "model_not_found"]],
    ["another agent by a header", {}, { "x-openclaw-agent-id": "bob" }, [404, "model_not_found"]],
    [
      "another agent by the legacy header",
      {},
      { "x-openclaw-agent": "BOB" },
      [404, "model_not_found"],
    ],
    ["a model by its name", { model: "cloud/c1" }, {}, [404, "model_not_found"]],
    ["a model by an alias", { model: "dear" }, {}, [404, "model_not_found"]],
    ["a model by a header", {}, { "x-openclaw-model": "cloud/c1" }, [404, "model_not_found"]],
    ["a model off the host's allowlist", { model: "local/m3" }, {}, [404, "model_not_found"]],
    ["a model that does not exist", { model: "local/none" }, {}, [404, "model_not_found"]],
    [
      "a model by a member other than `model`",
      { model: "local/m1", Model: "c1", models: ["c1"] },
      {},
      [400, "model_selector_not_allowed"],
    ],
    [
      "a session by its full key",
      {},
      { "x-openclaw-session-key": "agent:ada:main", "x-openclaw-light-context": "1" },
      [403, "session_not_allowed"],
    ],
  ])("%s", async (_what, body, headers, expected) => {
    expect(seen(await ask(narrow, body, headers as Record<string, string>))).toEqual(expected);
    expect(fixture.provider.requests).toEqual([]);
  });

  test("another model through a fallback", async () => {
    fixture.provider.behave("m1", ({ socket }) => void socket.resetAndDestroy());
    const answer = await ask(narrow);
    expect(answer.status).toBe(502);
    expect(fixture.provider.requests.map(({ json }) => json.model)).toEqual(["m1"]);
    expect(JSON.stringify(answer.headers)).not.toContain("c1");
  });

  test("a model that it may not use, while its own models work and are listed", async () => {
    expect((await ask(narrow, { model: "one" })).status).toBe(200);
    expect((await ask(narrow, {}, { "x-openclaw-model": "local/m2" })).status).toBe(200);
    const listed = JSON.parse((await get(narrow, `${base}/models`)).body.toString()).data;
    expect(listed.map(({ id }: { id: string }) => id)).toEqual([
      "openclaw",
      "openclaw/default",
      "openclaw/ada",
      "local/m1",
      "local/m2",
    ]);
    expect((await get(narrow, `${base}/models/cloud/c1`)).status).toBe(404);
  });

  test("a mode that it was not granted", async () => {
    const { relayOnly, lightOnly, agent } = texts;
    const light = { "x-openclaw-light-context": "true" };
    expect(seen(await ask(relayOnly, {}, light))).toEqual([403, "mode_not_allowed"]);
    // With light switched off, only a full agent run remains, which is not allowed either.
    expect((await ask(lightOnly)).headers["x-openclaw-mode"]).toBe("light");
    const full = { "x-openclaw-light-context": "false" };
    expect(seen(await ask(lightOnly, {}, full))).toEqual([403, "mode_not_allowed"]);
    expect((await ask(agent)).headers["x-openclaw-mode"]).toBe("agent");
  });

  test("another key's session, or an operator's", async () => {
    const headers = { "x-openclaw-light-context": "1", "x-openclaw-session": "room" };
    const user = (content: string) => ({ messages: [{ role: "user", content }] });
    await fixture.call(
      "/v1/chat/completions",
      { model: "openclaw/ada", ...user("operator") },
      headers,
    );
    expect((await ask(plain, user("plain"), headers)).headers["x-openclaw-session-status"]).toBe(
      "new",
    );
    expect((await ask(narrow, user("narrow"), headers)).headers["x-openclaw-session-status"]).toBe(
      "new",
    );
    const again = await ask(plain, user("again"), headers);
    expect(again.headers["x-openclaw-session-status"]).toBe("continued");
    const asked = fixture.provider.requests.at(-1)?.json as unknown as {
      messages: { content: string }[];
    };
    expect(asked.messages.map(({ content }) => content)).toEqual([
      "plain",
      "Hello from the provider.",
      "again",
    ]);
  });
});

describe("an agent run of a key", () => {
  /** A model that calls the given tools in turn and then says "Done.". */
  const calls = (...wanted: readonly (readonly [name: string, args: object])[]): Behaviour => {
    const left = [...wanted];
    return (exchange) => {
      const next = left.shift();
      if (next === undefined) {
        return stream({ pieces: ordinaryEvents(["Done."]) })(exchange);
      }
      const [name, args] = next;
      const made = {
        index: 0,
        id: `call_${left.length}`,
        type: "function",
        function: { name, arguments: JSON.stringify(args) },
      };
      return stream({
        pieces: [
          event(chunk({ tool_calls: [made] })),
          event(chunk({}, "tool_calls")),
          event({ ...chunk({}), choices: [], usage: { prompt_tokens: 100, completion_tokens: 5 } }),
          event("[DONE]"),
        ],
      })(exchange);
    };
  };
  const marker = () => join(fixture.gateway.folder, "made-by-a-tool");
  const isMade = () =>
    access(marker()).then(
      () => true,
      () => false,
    );
  const command = () => ({ command: `touch ${marker()}` });
  interface Question {
    readonly messages: readonly { readonly role: string; readonly content: string }[];
    readonly tools?: readonly { readonly function: { readonly name: string } }[];
  }
  const questions = () => fixture.provider.requests.map(({ json }) => json as unknown as Question);
  const shown = () =>
    questions().map(({ tools }) => (tools ?? []).map((tool) => tool.function.name).toSorted());
  /** The results of the tool calls. */
  const results = () =>
    questions()
      .at(-1)
      ?.messages.filter(({ role }) => role === "tool")
      .map(({ content }) => content);
  const clientTool = (name: string) => ({
    type: "function",
    function: { name, parameters: { type: "object", properties: {} } },
  });

  test("gets no host tool, and runs none that the model calls anyway", async () => {
    const hostConfig = join(fixture.gateway.folder, "openclaw.json");
    fixture.provider.behave(
      "m1",
      calls(
        ["exec", command()],
        ["read", { path: hostConfig }],
        ["sessions_list", {}],
        ["tool_call", { id: "exec", args: command() }],
        ["tool_search_code", { code: `return openclaw.tools.call("exec", {})` }],
      ),
    );
    const answer = await ask(texts.agent);
    expect([answer.status, answer.headers["x-openclaw-mode"]]).toEqual([200, "agent"]);
    expect(shown()).toEqual([[], [], [], [], [], []]);
    expect(results()).toEqual([
      "Tool exec not found",
      "Tool read not found",
      "Tool sessions_list not found",
      "Tool tool_call not found",
      "Tool tool_search_code not found",
    ]);
    expect(await isMade()).toBe(false);
    expect(JSON.stringify(questions())).not.toContain(gatewayToken);
  });

  test("gets only the host tools that the key lists", async () => {
    fixture.provider.behave(
      "m1",
      calls(
        ["read", { path: "none.txt" }],
        ["exec", command()],
        ["tool_call", { id: "exec", args: command() }],
      ),
    );
    expect((await ask(texts.reader)).status).toBe(200);
    expect(shown()[0]).toEqual(["read", "tool_call", "tool_describe", "tool_search"]);
    expect(results()?.[0]).toContain("File not found");
    expect(results()?.[1]).toBe("Tool exec not found");
    expect(await isMade()).toBe(false);
  });

  test("gets its client's tools", async () => {
    fixture.provider.behave(
      "m1",
      calls(["tool_call", { id: "get_weather", args: { city: "Oslo" } }]),
    );
    const answer = await ask(texts.agent, { tools: [clientTool("get_weather")] });
    const [choice] = JSON.parse(answer.body.toString()).choices;
    expect(choice.finish_reason).toBe("tool_calls");
    expect(choice.message.tool_calls[0].function.name).toBe("get_weather");
    expect(shown()[0]).toEqual(["tool_call", "tool_describe", "tool_search"]);
  });

  test.each(["*", "group:fs", "exec", "bash", "browser", "memory_search"])(
    "refuses a client tool named %s with 400",
    async (name) => {
      fixture.provider.behave(
        "m1",
        calls([name, command()], ["tool_call", { id: name, args: {} }]),
      );
      expect((await ask(texts.agent, { tools: [clientTool(name)] })).status).toBe(400);
      expect(questions()).toEqual([]);
    },
  );

  const endless = () =>
    calls(...Array.from({ length: 20 }, () => ["exec", { command: "true" }] as const));

  test("stops calling the model when the key's budget is spent", async () => {
    fixture.provider.behave("m1", endless());
    // A call costs $0.15.
    expect(seen(await ask(texts.looper))).toEqual([429, "insufficient_quota"]);
    expect(questions()).toHaveLength(3);
    fixture.provider.forget();
    expect(seen(await ask(texts.looper))).toEqual([429, "insufficient_quota"]);
    expect(questions()).toEqual([]);
    const answer = await get(texts.looper, `${base}/usage`);
    expect(JSON.parse(answer.body.toString()).today).toMatchObject({
      tokensIn: 300,
      tokensOut: 15,
    });
  });

  test("stops after the agent's maxModelCalls, and the error names the setting", async () => {
    fixture.provider.behave("m1", endless());
    const answer = await ask(texts.whole, { stream: true });
    expect(answer.body.toString()).toMatch(/agents\.<id>\.maxModelCalls.*"code":"agent_run_limit"/);
    expect(questions()).toHaveLength(7);
  });

  test("is charged even if its client disconnects before the first token", async () => {
    fixture.provider.behave("m1", silence);
    const tokensIn = async () =>
      JSON.parse((await get(texts.agent, `${base}/usage`)).body.toString()).today.tokensIn;
    const before = await tokensIn();
    await callAndLeave(
      fixture.gateway.url + chat,
      {
        body: { model: "openclaw/ada", messages },
        headers: { authorization: `Bearer ${texts.agent}` },
      },
      () => until(() => fixture.provider.requests.length === 1),
    );
    await until(async () => (await tokensIn()) > before + 1000);
  });

  test("gets all of the agent's tools if the key says so", async () => {
    fixture.provider.behave("m1", calls(["exec", command()]));
    expect((await ask(texts.whole)).status).toBe(200);
    expect(shown()[0]).toContain("exec");
    expect(await isMade()).toBe(true);
  });
});

test("blocks wrong keys by address, still serves right ones, and logs no key", async () => {
  const wrong = await Promise.all(Array.from({ length: 15 }, (_, at) => ask(`ocp_wrong-${at}`)));
  expect(wrong.filter(({ status }) => status !== 401 && status !== 429)).toEqual([]);
  expect(seen(await ask("ocp_wrong"))).toEqual([429, "too_many_wrong_keys"]);
  // Without a trusted proxy, the address is the connection's.
  expect((await ask("ocp_wrong", {}, { "x-forwarded-for": "203.0.113.9" })).status).toBe(429);
  expect((await ask(plain)).status).toBe(200);
  const printed =
    fixture.gateway.output() +
    (await readFile(join(fixture.gateway.folder, "gateway.log"), "utf8"));
  expect(printed).not.toMatch(/ocp_\w/);
});

test("a key's agent run is refused if the hooks that limit its tools are not allowed", async () => {
  await fixture.gateway.writeConfig(relayConfig(fixture.provider, config(fixture.provider, {})));
  // The gateway reloads the plugin, which takes a moment.
  await until(async () => (await ask(texts.agent)).body.toString().includes("hook_unavailable"));
  fixture.provider.forget();
  const refused = await ask(texts.agent);
  expect(JSON.parse(refused.body.toString()).error.message).toContain(
    "plugins.entries.passthrough.hooks.allowConversationAccess must be true",
  );
  expect(fixture.provider.requests).toEqual([]);
  expect((await ask(texts.whole)).status).toBe(200);
});
