/**
 * Sessions of agent runs in a real gateway, and light turns that run as agents: their prompt and tools, how long a session
 * lasts, and what stays on disk.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { call, callAndLeave, countKeepAlives, until } from "../support/client.ts";
import { diskGrowth, filesContaining, measureDisk } from "../support/disk.ts";
import { type Gateway, gatewayToken, startGateway } from "../support/gateway.ts";
import { inspect, inspectable } from "../support/inspector.ts";
import {
  chunk,
  event,
  ordinaryEvents,
  type Provider,
  silence,
  stream,
} from "../support/provider.ts";
import { useGateway } from "./fixture.ts";
import { relayConfig } from "./relay-config.ts";

const rival = fileURLToPath(new URL("../support/rival-plugin", import.meta.url));
/** Long enough for the next turn on a busy machine. */
const idleTtlMs = 8000;
const config = (sessions: object = {}, hooks: object = { allowConversationAccess: true }) => ({
  // List the tools by name, instead of offering a tool search.
  tools: { toolSearch: false },
  agents: {
    ownership: "explicit",
    entries: { ada: {}, bob: {}, keeper: {}, diarist: {}, tools: {}, lasting: {} },
  },
  plugins: {
    load: { paths: [rival] },
    entries: {
      rival: { enabled: true, hooks: { allowConversationAccess: true } },
      passthrough: {
        hooks,
        config: {
          mode: "agent",
          agents: {
            ada: { session: { ephemeral: true } },
            bob: { session: { ephemeral: true } },
            tools: {
              mode: "light",
              http: { systemPrompt: "You are Tess." },
              light: { tools: ["read"] },
            },
            lasting: {
              mode: "light",
              http: { systemPrompt: "You are Lars." },
              session: { ephemeral: false },
            },
          },
          light: { keepAliveMs: 200 },
          sessions: { ephemeral: { idleTtlMs }, ...sessions },
        },
      },
    },
  },
});
const fixture = useGateway({ env: inspectable, config: () => config() });

/** Every gateway that this file started. */
const gateways: Gateway[] = [];
afterAll(() => Promise.all(gateways.map((gateway) => gateway.close())));

interface Question {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
}
const user = (content: string) => ({ role: "user", content });
const say = (agent: string, content: string, session?: string, more: object = {}) =>
  fixture.call(
    "/v1/chat/completions",
    { model: `openclaw/${agent}`, messages: [user(content)], ...more },
    session === undefined ? {} : { "x-openclaw-session": session },
  );
const status = (answer: { headers: Record<string, unknown> }) =>
  answer.headers["x-openclaw-session-status"];
const sent = (provider: Provider = fixture.provider) =>
  provider.requests.at(-1)?.json as unknown as Question;
/** The conversation as the model sees it, without the host's timestamps and notes to the model. */
const conversation = () =>
  sent()
    .messages.filter(({ role, content }) => role !== "system" && typeof content === "string")
    .map(
      ({ role, content }) =>
        `${role}: ${content}`.replace(/\[\w{3} [\d: -]+ UTC\] /, "").split("\n")[0],
    );
const rows = async (agent: string) => {
  const { tables } = await measureDisk(fixture.gateway.stateFolder);
  return tables.get(`agents/${agent}/agent/openclaw-agent.sqlite:session_nodes`);
};
const residentBytes = async ({ pid }: Gateway) =>
  Number((await readFile(`/proc/${pid}/statm`, "utf8")).split(" ")[1]) * 4096;

describe("an agent turn without a session", () => {
  test("leaves no session on disk and no growing heap after 200 turns", async () => {
    // The host writes its audit log and frees the last placements after the runs.
    const behindTheRuns = () => new Promise((resolve) => setTimeout(resolve, 2000));
    const run = async (count: number) => {
      for (let at = 0; at < count; at += 2) {
        const pair = [say("ada", "hi"), say("ada", "hi", undefined, { stream: true })];
        for (const answer of await Promise.all(pair)) {
          expect(answer.status).toBe(200);
        }
      }
    };
    const inspector = await inspect(fixture.gateway);
    await run(40);
    await behindTheRuns();
    const before = await measureDisk(fixture.gateway.stateFolder);
    const heapBefore = await inspector.heapUsedBytes();
    const residentBefore = await residentBytes(fixture.gateway);
    await run(200);
    const heapGrown = (await inspector.heapUsedBytes()) - heapBefore;
    const residentGrown = (await residentBytes(fixture.gateway)) - residentBefore;
    inspector.close();
    await behindTheRuns();
    const grown = diskGrowth(before, await measureDisk(fixture.gateway.stateFolder));
    // The host's audit log keeps metadata of each run; logging.audit.enabled switches it off.
    expect(Object.keys(grown.tables)).toEqual(["state/openclaw.sqlite:audit_events"]);
    expect(grown.tables["state/openclaw.sqlite:audit_events"]).toBeLessThanOrEqual(400);
    expect(await rows("ada")).toBe(0);
    // A session left behind would also leave a row in worker_session_placements.
    expect(heapGrown).toBeLessThan(32 * 2 ** 20);
    expect(residentGrown).toBeLessThan(96 * 2 ** 20);
  });
});

describe("a session in memory", () => {
  test("continues for the same agent only, and the status header says so", async () => {
    expect(status(await say("ada", "I am in Rome.", "room-1"))).toBe("new");
    expect(status(await say("bob", "I am in Oslo.", "room-1"))).toBe("new");
    expect(status(await say("ada", "Where?", "room-1"))).toBe("continued");
    expect(conversation()).toEqual([
      "user: I am in Rome.",
      "assistant: Hello from the provider.",
      "user: Where?",
    ]);
    expect(await rows("ada")).toBe(0);
  });

  test("starts over after it expires", async () => {
    await say("ada", "one", "room-2");
    await new Promise((resolve) => setTimeout(resolve, idleTtlMs + 200));
    expect(status(await say("ada", "two", "room-2"))).toBe("new");
    expect(conversation()).toEqual(["user: two"]);
  });

  test("runs one turn at a time and does not delay other sessions", async () => {
    const gate = Promise.withResolvers<void>();
    let asked = 0;
    fixture.provider.behave("m1", async (exchange) => {
      asked += 1;
      if (asked === 1) {
        await gate.promise;
      }
      await stream()(exchange);
    });
    const turns = [say("ada", "first", "room-3")];
    await until(() => fixture.provider.requests.length === 1);
    turns.push(say("ada", "second", "room-3"));
    expect((await say("ada", "other", "room-4")).status).toBe(200);
    expect((await say("ada", "another", "room-5")).status).toBe(200);
    // The second turn has not started.
    expect(fixture.provider.requests).toHaveLength(3);
    gate.resolve();
    expect((await Promise.all(turns)).map(status)).toEqual(["new", "continued"]);
    expect(conversation()).toEqual([
      "user: first",
      "assistant: Hello from the provider.",
      "user: second",
    ]);
  });

  test("leaves nothing of its conversation in any file, unlike a persistent session", async () => {
    const { folder, stateFolder } = fixture.gateway;
    expect(status(await say("ada", "Only in memory.", "room-6"))).toBe("new");
    expect(status(await say("ada", "Still only in memory.", "room-6"))).toBe("continued");
    expect((await say("diarist", "Kept on disk.", "room-6")).status).toBe(200);
    await until(async () => (await filesContaining(folder, "Kept on disk.")).length > 0);
    expect(await filesContaining(folder, "nly in memory.")).toEqual([]);
    expect([await rows("ada"), await rows("bob")]).toEqual([0, 0]);
    const files = await readdir(stateFolder, { recursive: true });
    expect(files.filter((file) => file.includes("incognito"))).toEqual([]);
  });
});

describe("a light turn that runs as an agent", () => {
  const weather = {
    type: "function",
    function: { name: "get_weather", parameters: { type: "object", properties: {} } },
  };

  test("has the agent's prompt, the host tools that the config lists, and the client's tools", async () => {
    const messages = [{ role: "developer", content: "In French." }, user("hi")];
    const answer = await say("tools", "hi", undefined, { messages, tools: [weather] });
    expect([answer.status, answer.headers["x-openclaw-mode"]]).toEqual([200, "light"]);
    expect(sent().messages[0]?.content).toMatch(/^You are Tess\.\n\nIn French\.\n\nCurrent model/);
    const names = sent().tools?.map((tool) => tool.function.name);
    expect(names?.toSorted()).toEqual(["get_weather", "read"]);
  });

  test("calls a host tool and continues with its result", async () => {
    let asked = 0;
    fixture.provider.behave("m1", (exchange) => {
      asked += 1;
      const readCall = {
        index: 0,
        id: "call_1",
        type: "function",
        function: { name: "read", arguments: '{"path":"nothing.txt"}' },
      };
      const pieces =
        asked === 1
          ? [
              event(chunk({ tool_calls: [readCall] })),
              event(chunk({}, "tool_calls")),
              event("[DONE]"),
            ]
          : ordinaryEvents(["It is not there."]);
      return stream({ pieces })(exchange);
    });
    const answer = await say("tools", "Read it.");
    expect(JSON.parse(answer.body.toString()).choices[0].message.content).toBe("It is not there.");
    expect(sent().messages.map(({ role }) => role)).toEqual([
      "system",
      "user",
      "assistant",
      "tool",
    ]);
  });

  test("keeps its session on disk if the config says so, with the trimmed prompt on each turn", async () => {
    await say("lasting", "I am in Rome.", "room-1");
    const answer = await say("lasting", "Where?", "room-1");
    expect([answer.headers["x-openclaw-mode"], status(answer)]).toEqual(["light", undefined]);
    expect(conversation()).toEqual([
      "user: I am in Rome.",
      "assistant: Hello from the provider.",
      "user: Where?",
    ]);
    expect(sent().messages[0]?.content).toMatch(/^You are Lars\.\n\nCurrent model/);
    expect(sent().tools).toBeUndefined();
    expect(await rows("lasting")).toBe(1);
  });

  test("is a direct call when it names no session", async () => {
    await say("lasting", "hi");
    expect(sent()).toMatchObject({
      messages: [{ role: "system", content: "You are Lars." }, user("hi")],
    });
  });

  test("sends keep-alives to a waiting client, and aborts the provider's request when the client disconnects", async () => {
    const chat = `${fixture.gateway.url}/v1/chat/completions`;
    const body = { model: "openclaw/tools", messages: [user("hi")], stream: true };
    const headers = { authorization: `Bearer ${gatewayToken}` };
    const { heard, onBody } = countKeepAlives(4);
    fixture.provider.behave("m1", async (exchange) => {
      await heard;
      await stream()(exchange);
    });
    const answer = await call(chat, { body, headers, onBody });
    expect(answer.body.toString()).toContain("[DONE]");

    fixture.provider.reset();
    fixture.provider.behave("m1", silence);
    const arrived = () => until(() => fixture.provider.requests.length === 1);
    await callAndLeave(chat, { body, headers }, arrived);
    await until(() => fixture.provider.requests[0]?.abortedAtMs !== undefined);
  });

  test.each([false, true])(
    "fails if another plugin replaces its prompt, with stream: %s",
    async (streams) => {
      const answer = await say("tools", "a rival is here", undefined, { stream: streams });
      const text = answer.body.toString();
      expect(answer.status).toBe(streams ? 200 : 500);
      expect(text).toContain("plugins.entries.passthrough.hooks.timeouts.before_prompt_build");
      expect(text).not.toContain("Hello");
      expect(fixture.provider.requests).toEqual([]);
    },
  );
});

describe("a persistent session", () => {
  test("is the default in agent mode; a turn without a session id needs `sessions.anonymous: persist`", async () => {
    const keeperRows = async () => (await rows("keeper")) ?? 0;
    await say("keeper", "I am in Rome.", "room-1");
    expect(await keeperRows()).toBe(1);
    await say("keeper", "hi");
    expect(await keeperRows()).toBe(1);
    await fixture.gateway.writeConfig(
      relayConfig(fixture.provider, config({ anonymous: "persist" })),
    );
    await until(async () => {
      await say("keeper", "hi");
      return (await keeperRows()) > 1;
    }, 10_000);
  });

  test("survives a restart; a session in memory does not", async () => {
    await say("ada", "I am in Rome.", "room-5");
    await fixture.gateway.terminate();
    gateways.push(fixture.gateway);
    const restarted = await startGateway({
      config: relayConfig(fixture.provider, config({}, {})),
      stateFrom: fixture.gateway.stateFolder,
    });
    fixture.gateway = restarted;
    gateways.push(restarted);
    await say("keeper", "Where?", "room-1");
    expect(conversation()[0]).toBe("user: I am in Rome.");
    expect(status(await say("ada", "Where?", "room-5"))).toBe("new");
    expect(conversation()).toEqual(["user: Where?"]);
  });

  test("a light turn that needs one fails with hook_unavailable if the hook is not allowed", async () => {
    const answer = await say("lasting", "hi", "room-1");
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.body.toString()).error).toMatchObject({
      code: "hook_unavailable",
      message: expect.stringContaining(
        "plugins.entries.passthrough.hooks.allowConversationAccess must be true",
      ),
    });
    expect(fixture.provider.requests).toEqual([]);
  });
});

test("the gateways print and log no question, answer or session id", async () => {
  for (const { output, folder } of gateways) {
    const logged = await readFile(join(folder, "gateway.log"), "utf8");
    expect(logged.length).toBeGreaterThan(1000);
    for (const text of [output(), logged]) {
      expect(text.match(/.*(room-\d|Hello from|Rome|It is not there).*/)?.[0]).toBeUndefined();
    }
  }
});
