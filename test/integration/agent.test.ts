/** Agent runs on a scripted host: their streams, failures, tools, limits and sessions. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TextPiece } from "../../src/agent/assistant-text.ts";
import type { AgentRun, AgentRunResult, CallTook } from "../../src/agent/run.ts";
import { agentError } from "../../src/protocols/core-error.ts";
import { RelayError } from "../../src/errors.ts";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import { call, callAndLeave, countKeepAlives, open, until } from "../support/client.ts";
import { fakeHost, type RelayServer, startRelayServer } from "../support/relay-server.ts";
import { socketsRead } from "../support/sockets.ts";
import { goodRun, messages, useFixture } from "./fixture.ts";

type Script = (run: AgentRun) => Promise<Partial<AgentRunResult> | undefined>;
let script: Script = async () => undefined;
const runs: AgentRun[] = [];
const released: string[] = [];
const keyTexts = {
  bare: createKeyText(),
  reader: createKeyText(),
  whole: createKeyText(),
  counted: createKeyText(),
  poor: createKeyText(),
  saver: createKeyText(),
  splurger: createKeyText(),
};
const keyed = (name: keyof typeof keyTexts, more: object) => ({
  [name]: {
    id: name,
    sha256: keyDigest(keyTexts[name]).toString("hex"),
    modes: ["agent", "light"],
    ...more,
  },
});
const config = {
  mode: "agent",
  agents: { main: { light: { tools: ["read", "memory_search"] } } },
  keys: {
    ...keyed("bare", {}),
    ...keyed("reader", { tools: ["read", "write"] }),
    ...keyed("whole", { tools: "agent" }),
    ...keyed("counted", {}),
    ...keyed("poor", { budgetUsdPerDay: 0.1 }),
    ...keyed("saver", { budgetUsdPerDay: 0.1 }),
    ...keyed("splurger", { budgetUsdPerDay: 0.1 }),
  },
  sse: { keepAliveMs: 50 },
};
const fixture = useFixture({
  config,
  // A tenth of a cent for each token.
  cost: { input: 1000, output: 1000, cacheRead: 0, cacheWrite: 0 },
  runAgent: async (run) => {
    runs.push(run);
    return { ...goodRun, ...(await script(run)) };
  },
  deleteMemorySession: async (_agentId, sessionKey) => {
    released.push(sessionKey);
    return true;
  },
});

const ask = async (
  body: object,
  headers: Record<string, string> = {},
  how: Script = async () => undefined,
) => {
  script = how;
  runs.length = 0;
  released.length = 0;
  const answer = await call(fixture.chat, {
    body: { model: "openclaw", messages, ...body },
    headers,
  });
  return { ...answer, text: answer.body.toString() };
};
const piece = (more: Partial<TextPiece>): TextPiece => ({
  replace: false,
  replaceable: false,
  ...more,
});
const events = (text: string) =>
  [...text.matchAll(/^data: (.*)$/gm)].map(([, data = ""]) =>
    data.startsWith("{") ? JSON.parse(data) : data,
  );
const contents = (text: string) =>
  events(text).flatMap((event) => event.choices?.[0]?.delta?.content ?? []);

describe("an agent's stream", () => {
  test("sends each piece as its own delta, then the finish and [DONE]", async () => {
    const { text } = await ask({ stream: true }, {}, async ({ onText }) => {
      onText(piece({ delta: "Hel" }));
      onText(piece({ delta: "lo" }));
      return { text: "Hello" };
    });
    expect(contents(text)).toEqual(["Hel", "lo"]);
    expect(events(text).at(-2).choices[0].finish_reason).toBe("stop");
    expect(events(text).at(-1)).toBe("[DONE]");
  });

  test("sends each delta while the run still goes on", async () => {
    const heard = Promise.withResolvers<void>();
    script = async ({ onText }) => {
      onText(piece({ delta: "Hel" }));
      await heard.promise;
      onText(piece({ delta: "lo" }));
      return { text: "Hello" };
    };
    const answer = await call(fixture.chat, {
      body: { model: "openclaw", messages, stream: true },
      // The run ends only after its first delta has arrived.
      onBody: (soFar) => contents(soFar).includes("Hel") && heard.resolve(),
    });
    expect(contents(answer.body.toString())).toEqual(["Hel", "lo"]);
  });

  test.each<[string, Script, string]>([
    [
      "retracts text it has sent",
      async ({ onText }) => {
        onText(piece({ delta: "Yes" }));
        onText(piece({ text: "No", replace: true }));
        return { text: "No" };
      },
      "Assistant output cannot be represented as an append-only response stream.",
    ],
    [
      "reports an error",
      async ({ onError }) => {
        onError("the tool broke");
        return {};
      },
      "the tool broke",
    ],
    ["fails without a message", async () => ({ failed: true }), "internal error"],
    [
      "throws",
      async () => {
        throw new Error("a secret of the host");
      },
      "The relay failed. The gateway's log has the details under this request's id.",
    ],
  ])("that %s ends with an error event and no finish", async (_what, how, message) => {
    const { text, status } = await ask({ stream: true }, {}, how);
    expect(status).toBe(200);
    expect(events(text).at(-2)).toMatchObject({ error: { message } });
    expect(events(text).at(-1)).toBe("[DONE]");
    expect(text).not.toMatch(/finish_reason":"|secret/);
    expect(fixture.relay.log.join("\n")).not.toContain("secret of the host");
  });

  test("sends keep-alives while the agent works", async () => {
    const { heard, onBody } = countKeepAlives(3);
    script = async ({ onText }) => {
      onText(piece({ delta: "Wait." }));
      await heard;
      return { text: "Wait." };
    };
    const body = { model: "openclaw", messages, stream: true };
    const text = (await call(fixture.chat, { body, onBody })).body.toString();
    expect(contents(text)).toEqual(["Wait."]);
  });
});

describe("an agent's stream to a client that does not read", () => {
  const text = "x".repeat(64 * 1024);
  /** Sends text until the run is aborted or the limit is reached. @returns the bytes sent. */
  const flood = async ({ onText, signal }: AgentRun, mostBytes: number) => {
    let bytes = 0;
    while (!signal.aborted && bytes < mostBytes) {
      onText(piece({ delta: text }));
      bytes += text.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return bytes;
  };
  const begin = () => open(fixture.chat, { body: { model: "openclaw", messages, stream: true } });

  test("ends with client_too_slow after 1 MiB is left unread", async () => {
    const flooded = Promise.withResolvers<number>();
    script = async (run) => {
      flooded.resolve(await flood(run, 64 * 2 ** 20));
      throw run.signal.reason;
    };
    const answer = await begin();
    // The sockets' buffers hold some more.
    expect(await flooded.promise).toBeLessThan(32 * 2 ** 20);
    const read: Buffer[] = [];
    answer.stream.on("data", (part: Buffer) => read.push(part));
    await new Promise((resolve) => answer.stream.once("close", resolve));
    const tail = Buffer.concat(read).toString().slice(-1000);
    expect(events(tail.slice(tail.indexOf("\n\n"))).at(-2)).toMatchObject({
      error: { code: "client_too_slow" },
    });
  });

  test("continues while the client keeps reading", async () => {
    script = async (run) => {
      for (let at = 0; at < 64; at += 1) {
        run.onText(piece({ delta: text }));
        await socketsRead();
      }
      return { text: text.repeat(64) };
    };
    const answer = await call(fixture.chat, {
      body: { model: "openclaw", messages, stream: true },
    });
    expect(contents(answer.body.toString()).join("").length).toBe(64 * text.length);
  });
});

describe("an agent's answer", () => {
  test("names mode, provider and model in its headers", async () => {
    const { headers } = await ask({});
    expect(headers).toMatchObject({
      "x-openclaw-mode": "agent",
      "x-openclaw-provider": "a",
      "x-openclaw-model": "m1",
      "x-openclaw-attempts": "1",
    });
    expect(headers["x-openclaw-attempt-log"]).toMatch(/^openclaw\/main ok \d+ ms$/);
  });

  test("is an error with its own status when the run fails", async () => {
    const fails = await ask({}, {}, async () => ({ failed: true }));
    expect([fails.status, fails.text]).toEqual([
      500,
      '{"error":{"message":"internal error","type":"api_error"}}',
    ]);
    const refused = await ask({}, {}, async () => {
      throw new RelayError("hook_unavailable", "Set the key.");
    });
    expect([refused.status, JSON.parse(refused.text).error]).toMatchObject([
      500,
      { code: "hook_unavailable", message: "Set the key." },
    ]);
  });

  test("is 502 for a virtual key when the provider rejects the gateway's credential", async () => {
    const fails = async () => {
      const message = "no such key";
      throw agentError("agent_upstream_failed", { status: 401, message, type: "api_error" });
    };
    script = fails;
    const answer = await call(`${fixture.relay.url}/passthrough/v1/chat/completions`, {
      body: { messages },
      headers: { authorization: `Bearer ${keyTexts.whole}` },
    });
    expect([answer.status, answer.body.toString()]).toEqual([
      502,
      expect.stringContaining("refused the gateway's credential: no such key"),
    ]);
    // Operators get 401, as core's endpoint answers.
    expect((await ask({}, {}, fails)).status).toBe(401);
  });

  test("is aborted when the client disconnects", async () => {
    let gone = false;
    script = ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          gone = true;
          reject(signal.reason as Error);
        });
      });
    runs.length = 0;
    released.length = 0;
    const body = { model: "openclaw", messages };
    await callAndLeave(fixture.chat, { body }, () => until(() => runs.length === 1));
    await until(() => gone && released.length === 1);
  });
});

describe("the host's tools in an agent's run", () => {
  const tools = (name: string) => [{ type: "function", function: { name } }];
  const askWith = async (keyName: keyof typeof keyTexts, body: object = {}, light = "0") => {
    runs.length = 0;
    script = async () => undefined;
    const { status } = await call(`${fixture.relay.url}/passthrough/v1/chat/completions`, {
      body: { messages: [{ role: "system", content: "Be brief." }, ...messages], ...body },
      headers: {
        authorization: `Bearer ${keyTexts[keyName]}`,
        "x-openclaw-light-context": light,
      },
    });
    return [status, runs[0]?.hostTools, runs[0]?.trimmed?.tools];
  };

  test("are those that the caller's key lists, or none", async () => {
    expect(await askWith("bare")).toEqual([200, [], undefined]);
    expect(await askWith("reader")).toEqual([200, ["read", "write"], undefined]);
    expect(await askWith("whole")).toEqual([200, undefined, undefined]);
  });

  test("in light mode are those that both the agent's config and the key allow", async () => {
    expect(await askWith("bare", {}, "1")).toEqual([200, [], []]);
    expect(await askWith("reader", {}, "1")).toEqual([200, ["read"], ["read"]]);
    expect(await askWith("whole", {}, "1")).toEqual([200, undefined, ["read", "memory_search"]]);
  });

  test.each(["*", "group:fs", "web_*", "a b", "x".repeat(65)])(
    "cannot be enabled by a client tool named %s",
    async (name) => {
      expect(await askWith("bare", { tools: tools(name) })).toEqual([400, undefined, undefined]);
      const light = await ask({ tools: tools(name) }, { "x-openclaw-light-context": "1" });
      expect([light.status, runs]).toEqual([400, []]);
    },
  );
});

describe("the model calls of an agent's run", () => {
  const begin = (run: AgentRun, modelId = "m1") =>
    run.onStep({ kind: "call-started", provider: "a", modelId });
  const end = (run: AgentRun, took: CallTook, modelId = "m1") =>
    run.onStep({ kind: "call-ended", provider: "a", modelId, took });
  const counted = (tokensIn: number): CallTook => ({
    kind: "counted",
    usage: { tokensIn, tokensOut: 5, tokensCached: 0, tokensCacheWrite: 0 },
  });
  const callTool = (run: AgentRun, name: string) => run.onStep({ kind: "tool-called", name });
  /** Runs until it is aborted, as the host's runs do. */
  const goOn = ({ signal }: AgentRun) =>
    new Promise<never>((_resolve, reject) => {
      const stop = () => reject(signal.reason as Error);
      signal.addEventListener("abort", stop);
      if (signal.aborted) {
        stop();
      }
    });
  const keyedUrl = (path: string, url = fixture.relay.url) => `${url}/passthrough/v1${path}`;
  const askWith = async (keyName: keyof typeof keyTexts, how: Script, body: object = {}) => {
    script = how;
    const answer = await call(keyedUrl("/chat/completions"), {
      body: { messages, ...body },
      headers: { authorization: `Bearer ${keyTexts[keyName]}` },
    });
    return { ...answer, text: answer.body.toString() };
  };
  /** Today's input and output tokens, by model. */
  const used = async (keyName: keyof typeof keyTexts) => {
    const { body } = await call(keyedUrl("/usage"), {
      headers: { authorization: `Bearer ${keyTexts[keyName]}` },
    });
    const { models } = JSON.parse(body.toString()) as {
      models: { model: string; today: { tokensIn: number; tokensOut: number } }[];
    };
    return Object.fromEntries(
      models
        .filter(({ today }) => today.tokensIn > 0)
        .map(({ model, today }) => [model, [today.tokensIn, today.tokensOut]]),
    );
  };

  test("are booked separately by model, even if the run fails or its client disconnects", async () => {
    const failing = await askWith("counted", async (run) => {
      begin(run);
      end(run, counted(100));
      begin(run, "m2");
      end(run, { kind: "uncounted", sentBytes: 400, answerBytes: 40 }, "m2");
      begin(run, "m3");
      end(run, { kind: "nothing" }, "m3");
      throw new Error("the host failed");
    });
    expect(failing.status).toBe(500);
    expect(await used("counted")).toEqual({ "a/m1": [100, 5], "a/m2": [100, 10] });
    let begun = false;
    script = async (run) => {
      begin(run);
      begun = true;
      await goOn(run).catch(() => end(run, counted(50)));
      throw run.signal.reason;
    };
    await callAndLeave(
      keyedUrl("/chat/completions"),
      { body: { messages }, headers: { authorization: `Bearer ${keyTexts.counted}` } },
      () => until(() => begun),
    );
    await until(async () => (await used("counted"))["a/m1"]?.[0] === 150);
  });

  test.each([false, true])(
    "stop when the key's budget is spent, with stream: %s",
    async (streams) => {
      const name = streams ? "poor" : "saver";
      const { status, text } = await askWith(
        name,
        async (run) => {
          begin(run);
          end(run, counted(60));
          callTool(run, "exec");
          begin(run);
          end(run, counted(60));
          callTool(run, "exec");
          return goOn(run);
        },
        { stream: streams },
      );
      expect(status).toBe(streams ? 200 : 429);
      expect(text).toContain('"code":"insufficient_quota"');
      expect(await used(name)).toEqual({ "a/m1": [120, 10] });
    },
  );

  test("do not fail a run whose last call uses up the budget; the next run is refused", async () => {
    const splurge: Script = async (run) => {
      begin(run);
      end(run, counted(1_000_000));
      // The call is booked before the run ends.
      await until(async () => (await used("splurger"))["a/m1"] !== undefined);
      return {};
    };
    expect((await askWith("splurger", splurge)).status).toBe(200);
    const next = await askWith("splurger", splurge);
    expect([next.status, JSON.parse(next.text).error.code]).toEqual([429, "insufficient_quota"]);
  });

  describe("limits", () => {
    let limited: RelayServer;
    beforeAll(async () => {
      limited = await startRelayServer(
        fakeHost({
          models: ["a/m1"],
          providers: {},
          config: {
            mode: "agent",
            agent: { maxModelCalls: 1, maxRunMs: 1 },
            agents: { main: { maxModelCalls: 2, maxRunMs: 0 }, quick: { maxRunMs: 2 } },
          },
          agents: ["main", "brief", "quick"],
          runAgent: async (run) => {
            runs.push(run);
            return { ...goodRun, ...(await script(run)) };
          },
        }),
      );
    });
    afterAll(() => limited.close());
    const askLimited = async (how: Script, body: object = {}) => {
      script = how;
      runs.length = 0;
      const answer = await call(`${limited.url}/v1/chat/completions`, {
        body: { model: "openclaw/main", messages, ...body },
      });
      return { ...answer, text: answer.body.toString() };
    };

    test("end a run that continues after its last allowed call, and name the setting", async () => {
      const twice = async (run: AgentRun) => {
        for (let at = 0; at < 2; at += 1) {
          begin(run);
          end(run, counted(1));
        }
        return undefined;
      };
      expect((await askLimited(twice)).status).toBe(200);
      const goesOn: Script = async (run) => {
        await twice(run);
        callTool(run, "exec");
        return goOn(run);
      };
      const ended = await askLimited(goesOn);
      expect(ended.status).toBe(504);
      expect(ended.headers["x-should-retry"]).toBe("false");
      expect(JSON.parse(ended.text).error).toMatchObject({
        code: "agent_run_limit",
        message: expect.stringMatching(/2 model calls.* agents\.<id>\.maxModelCalls/),
      });
      const streamed = await askLimited(goesOn, { stream: true });
      expect(events(streamed.text).at(-2)).toMatchObject({ error: { code: "agent_run_limit" } });
    });

    test("allow the last call to return a client tool call", async () => {
      const tools = [{ type: "function", function: { name: "get_weather" } }];
      const { status } = await askLimited(
        async (run) => {
          begin(run);
          end(run, counted(1));
          begin(run);
          end(run, counted(1));
          callTool(run, "get_weather");
          return {};
        },
        { tools },
      );
      expect(status).toBe(200);
    });

    test.each([
      ["agent.maxRunMs", "brief", "0.001 s"],
      ["the agent's own maxRunMs instead of agent.maxRunMs", "quick", "0.002 s"],
    ])("end a run after %s", async (_setting, agent, time) => {
      const ended = await askLimited(goOn, { model: `openclaw/${agent}` });
      const error = JSON.parse(ended.text).error;
      expect([ended.status, error.code]).toEqual([504, "agent_run_limit"]);
      expect(error.message).toContain(`took longer than ${time}`);
      expect(error.message).toMatch(/ agent\.maxRunMs, or agents\.<id>\.maxRunMs /);
      expect(runs[0]?.signal.aborted).toBe(true);
    });

    test("the status lists runs in flight with their model calls", async () => {
      const under = Promise.withResolvers<undefined>();
      const asked = askLimited(async (run) => {
        begin(run);
        return under.promise;
      });
      await until(() => runs.length === 1);
      expect((await limited.relay.status()).runs).toEqual([
        { agent: "main", key: null, ageMs: expect.any(Number), modelCalls: 1 },
      ]);
      under.resolve(undefined);
      await asked;
      expect((await limited.relay.status()).runs).toEqual([]);
    });
  });
});

describe("the session of an agent's run", () => {
  test("is in memory and deleted when the request names none", async () => {
    await ask({});
    expect(runs[0]?.sessionKey).toMatch(/^agent:main:dashboard:incognito-[0-9a-f-]{36}$/);
    expect(released).toEqual([runs[0]?.sessionKey]);
  });

  test("is the host's persistent session when the request names one", async () => {
    await ask({}, { "x-openclaw-session": "room" });
    expect(runs[0]?.sessionKey).toBe("agent:main:openai-session:room");
    await ask({ user: "u1" });
    expect(runs[0]?.sessionKey).toBe("agent:main:openai-user:u1");
    await ask({}, { "x-openclaw-session-key": "mine" });
    expect(runs[0]?.sessionKey).toBe("agent:main:mine");
    await ask({}, { "x-openclaw-session-key": "agent:MAIN:mine" });
    expect(runs[0]?.sessionKey).toBe("agent:MAIN:mine");
    expect(released).toEqual([]);
  });

  test.each(["agent:main:dashboard:incognito-1", "agent:main:cron:x", "agent:other:mine"])(
    "is refused with 400 when its key is %s",
    async (key) => {
      const { status } = await ask({}, { "x-openclaw-session-key": key });
      expect([status, runs]).toEqual([400, []]);
    },
  );

  test("sends keep-alives while it waits for the previous turn", async () => {
    const headers = { "x-openclaw-session": "busy" };
    const { heard, onBody } = countKeepAlives(2);
    const first = ask({}, headers, () => heard.then(() => undefined));
    await until(() => runs.length === 1);
    const second = await call(fixture.chat, {
      body: { model: "openclaw", messages, stream: true },
      headers,
      onBody,
    });
    expect(second.body.toString()).toMatch(/^(: keepalive\n){2,}data:/);
    await first;
  });

  test("needs a prompt in light mode, because the host would use its full one", async () => {
    const { status, text } = await ask({}, { "x-openclaw-light-context": "1" });
    expect([status, JSON.parse(text).error.code, runs]).toEqual([500, "prompt_unavailable", []]);
  });

  test("in light mode is in memory, with the trimmed prompt and the listed tools only", async () => {
    const asked = [{ role: "system", content: "Be brief." }, ...messages];
    const headers = { "x-openclaw-light-context": "1", "x-openclaw-session": "room" };
    const answer = await ask({ messages: asked }, headers);
    expect(answer.headers).toMatchObject({
      "x-openclaw-mode": "light",
      "x-openclaw-session-status": "new",
    });
    expect(runs[0]).toMatchObject({
      sessionKey: expect.stringMatching(/^agent:main:dashboard:incognito-/),
      trimmed: { systemPrompt: "Be brief.", tools: ["read", "memory_search"] },
      hostTools: undefined,
      instructions: undefined,
    });
    expect((await ask({ messages: asked }, headers)).headers["x-openclaw-session-status"]).toBe(
      "continued",
    );
  });
});
