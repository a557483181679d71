/** The commands that show what a running gateway counts: as text and as JSON, beside a good and a bad provider. */
import { type ChildProcess, spawn } from "node:child_process";
import { beforeAll, expect, test } from "vitest";
import { createKeyText, keyDigest } from "../../src/access/key-text.ts";
import type { Status } from "../../src/control/status.ts";
import type { KeyNow } from "../../src/console/describe-keys-now.ts";
import type { RequestList, RequestView } from "../../src/telemetry/views.ts";
import { call, callAndLeave, until } from "../support/client.ts";
import { hostCommand, hostEnvironment } from "../support/gateway.ts";
import { runHost } from "../support/install.ts";
import { json, ordinaryEvents, silence, stream } from "../support/provider.ts";
import { useGateway } from "./fixture.ts";
import { model } from "./relay-config.ts";

/** On a busy machine the host's command line takes half a minute to start. */
const commandWithinMs = 150_000;

/** Must not be in any output. */
const canaries = { prompt: "CANARY-PROMPT-3141", answer: "CANARY-ANSWER-2718" };
const texts = { spender: createKeyText(), busy: createKeyText(), idle: createKeyText() };
const stored = (id: keyof typeof texts, more: object) => ({
  [id]: { id, sha256: keyDigest(texts[id]).toString("hex"), agents: ["ada"], ...more },
});

const fixture = useGateway({
  config: (provider) => ({
    models: {
      providers: {
        local: {
          models: [model("m1", { cost: { input: 10, output: 30, cacheRead: 1, cacheWrite: 0 } })],
        },
        broken: {
          baseUrl: provider.baseUrl,
          apiKey: "sk-broken",
          api: "openai-completions",
          models: [model("x1")],
        },
      },
    },
    agents: {
      defaults: {
        model: { primary: "broken/x1", fallbacks: ["local/m1"] },
        models: { "broken/x1": {}, "local/m1": {} },
      },
      ownership: "explicit",
      entries: { ada: {} },
    },
    plugins: {
      entries: {
        passthrough: {
          config: {
            upstream: { retries: 0, breaker: { failures: 1000 } },
            keys: {
              ...stored("spender", { requestsPerMinute: 600, budgetUsdPerDay: 0.012 }),
              ...stored("busy", {}),
              ...stored("idle", { requestsPerMinute: 9, budgetUsdPerMonth: 7 }),
            },
          },
        },
      },
    },
  }),
});

/** Everything that the commands have printed. */
const printed: string[] = [];

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** Runs `openclaw passthrough …` next to the gateway, as an operator would. */
async function run(...args: string[]): Promise<Ended> {
  const ended = await runHost(fixture.gateway.folder, ["passthrough", ...args]).then(
    (stdout) => ({ stdout, stderr: "", code: 0 }),
    (failure: Ended) => failure,
  );
  printed.push(ended.stdout, ended.stderr);
  return ended;
}

async function text(...args: string[]): Promise<string> {
  const { stdout, stderr, code } = await run(...args);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  expect(stdout).toMatch(/^[\x20-\x7e\n…░█×]*$/);
  return stdout;
}

async function asJson<T>(...args: string[]): Promise<T> {
  return JSON.parse((await run(...args, "--json")).stdout);
}

/** The cells of the line that begins with this word. */
const cells = (shown: string, first: string) =>
  shown
    .split("\n")
    .map((line) => line.split(/ {2,}/))
    .find(([cell]) => cell === first);

const messages = [{ role: "user", content: canaries.prompt }];
const chat = "/passthrough/v1/chat/completions";
const ask = (body: object = {}, key = texts.spender) =>
  call(fixture.gateway.url + chat, {
    body: { model: "openclaw/ada", messages, ...body },
    headers: { authorization: `Bearer ${key}` },
  });

/** Two that fell back, one of them a stream; a failure, a client that leaves, a refusal and an operator's mistake. */
async function makeTraffic(): Promise<void> {
  const { provider } = fixture;
  provider.behave("x1", json({ error: { message: canaries.answer } }, 503));
  const pieces = ordinaryEvents([canaries.answer, " it is."]);
  provider.behave("m1", stream({ pieces, gapMs: 20 }));
  expect((await ask({ stream: true })).status).toBe(200);
  const usage = { prompt_tokens: 1000, completion_tokens: 3000 };
  provider.behave("m1", json({ choices: [], usage }));
  expect((await ask()).status).toBe(200);
  provider.behave("m1", json({ error: { message: canaries.answer } }, 503));
  await ask({}, texts.busy);
  provider.behave("m1", silence);
  const asked = provider.requests.length;
  await callAndLeave(
    fixture.gateway.url + chat,
    {
      body: { model: "openclaw/ada", messages },
      headers: { authorization: `Bearer ${texts.busy}` },
    },
    () => until(() => provider.requests.length === asked + 2),
  );
  expect((await ask()).status).toBe(429);
  const nobody = { model: "openclaw/nobody", messages };
  expect((await fixture.call("/v1/chat/completions", nobody)).status).toBe(404);
}

let status: Status;

beforeAll(async () => {
  await makeTraffic();
  await until(async () => {
    status = await asJson<Status>("status");
    return status.totals.requests === 6;
  }, commandWithinMs);
});

test("status shows the same numbers as its JSON, problems first", async () => {
  expect(status.totals).toMatchObject({
    requests: 6,
    clientErrors: 2,
    providerErrors: 1,
    relayErrors: 0,
    disconnects: 1,
  });
  const shown = await text("status");
  const [problems = ""] = shown.split("Requests, and failures");
  expect(problems).toContain("warning provider broken\n");
  expect(problems).toMatch(/attempts? failed in the\s+last five minutes/);
  expect(problems).toContain("warning key spender\n");
  expect(problems).toContain("keys update spender --budget");
  expect(shown).toMatch(/Fails +broken: 100%/);
  expect(shown).toMatch(/Pays +spender: \$0\.10/);

  expect(cells(shown, "in all")?.slice(1, 6)).toEqual(["6", "2", "1", "0", "1"]);
  const { totals, keys, providers, agents } = status;
  const sum = (of: readonly { requests: number }[]) =>
    of.reduce((total, { requests }) => total + requests, 0);
  expect([sum(keys), sum(agents)]).toEqual([totals.requests, totals.requests]);
  for (const { provider, state, attempts, failures } of providers) {
    const expected = [provider, state, String(attempts), String(failures)];
    expect(cells(shown, provider)?.slice(0, 4)).toEqual(expected);
  }
  for (const view of keys) {
    const { key, requests, clientErrors, providerErrors, relayErrors } = view;
    expect(cells(shown, key)?.slice(1, 6)).toEqual([
      ...[requests, clientErrors, providerErrors, relayErrors].map(String),
      `${view.tokensIn}/${view.tokensOut}`,
    ]);
  }
});

test("status --watch --json prints one line of JSON after the other, until it is interrupted", async () => {
  const { shown, code } = await runUntil(
    ["status", "--watch", "--json"],
    (so) => so.split("\n").length > 2,
  );
  expect(code).toBe(0);
  const [first = "", second = ""] = shown.split("\n");
  expect([JSON.parse(first).totals.requests, JSON.parse(second).totals.requests]).toEqual([6, 6]);
});

test("targets shows attempts, the last failure and the fallbacks, as the status does", async () => {
  const shown = await text("targets");
  for (const { provider, model: id, attempts, failures } of status.targets) {
    const expected = [String(attempts), String(failures)];
    expect(cells(shown, `${provider}/${id}`)?.slice(2, 4)).toEqual(expected);
  }
  expect(status.fallbacks).toEqual([
    { from: "broken/x1", to: "local/m1", reason: "upstream_failed", count: 4 },
  ]);
  expect(shown).toMatch(/broken\/x1 +local\/m1 +upstream_failed +4\n/);
  expect(shown).toMatch(/broken\/x1 +upstream_failed 503 +.+ ago\n/);
});

test("sessions shows those in memory, and still has its subcommand", async () => {
  const shown = await text("sessions");
  expect(cells(shown, "conversations (sessions)")?.[1]).toBe(String(status.sessions.sessions));
  const pruned = await asJson<{ readonly dryRun: boolean }>("sessions", "prune", "--dry-run");
  expect(pruned.dryRun).toBe(true);
});

test("keys shows what is left, also of a key that was not used, and still has its subcommands", async () => {
  const { keys } = await asJson<{ readonly keys: readonly KeyNow[] }>("keys");
  const spender = keys.find(({ key }) => key === "spender");
  expect(spender?.limits.map(({ name, remaining }) => [name, remaining])).toEqual([
    ["requests", expect.any(Number)],
    ["budget-day", 0],
  ]);
  const { limits: _limits, ...used } = status.keys.find(({ key }) => key === "spender") ?? {};
  expect(spender?.live).toMatchObject(used);
  expect(keys.find(({ key }) => key === "idle")).toMatchObject({
    live: null,
    limits: [
      { name: "requests", limit: 9, remaining: 9 },
      { name: "budget-month", limit: 7, remaining: 7 },
    ],
  });
  const shown = await text("keys");
  expect(shown).toMatch(
    /spender +active .*\n {2}left: \$0 of \$0\.0120\/day, \d+ of 600 req\/min\n/,
  );
  expect(shown).toMatch(
    /idle +active .*\n {2}left: 9 of 9 req\/min, \$7\.0000 of \$7\.0000\/month\n/,
  );
  expect(await asJson("keys", "list")).toHaveLength(4);
  expect((await run("keys", "lst")).code).toBe(2);
});

test("requests lists them with the targets tried, and their sum is the totals", async () => {
  const { requests } = await asJson<RequestList>("requests");
  const { totals } = status;
  expect(requests).toHaveLength(totals.requests);
  const sum = (of: (view: RequestView) => number) =>
    requests.reduce((total, view) => total + of(view), 0);
  expect([sum((view) => view.tokensIn), sum((view) => view.tokensOut)]).toEqual([
    totals.tokensIn,
    totals.tokensOut,
  ]);
  expect(sum(({ costUsd }) => costUsd)).toBeCloseTo(totals.costUsd, 6);
  const shown = await text("requests");
  for (const { id, status: code } of requests) {
    expect(shown).toMatch(new RegExp(`^[\\d:]{8}  ${id.slice(0, 8)}  ${code} `, "m"));
  }
  expect(shown).toMatch(/broken\/x1\s+upstream_failed\s+503\s+[\d.]+\s+ms;\s+local\/m1\s+ok/);
});

test("requests --follow shows a new request", async () => {
  fixture.provider.behave("x1", json({ choices: [] }));
  let isAsked = false;
  const { shown, code } = await runUntil(
    ["requests", "--follow", "--json", "--limit", "1"],
    (so) => {
      if (so.includes("\n") && !isAsked) {
        isAsked = true;
        void ask({}, texts.idle);
      }
      return so.split("\n").length > 2;
    },
  );
  expect(code).toBe(0);
  const [, followed = ""] = shown.split("\n");
  expect(JSON.parse(followed)).toMatchObject({ key: "idle", status: 200, model: "broken/x1" });
});

test("trace shows one request, by the beginning of its id, too", async () => {
  const { requests } = await asJson<RequestList>("requests", "--model", "m1");
  const [first] = requests;
  const id = first?.id ?? "";
  expect(await asJson("trace", id)).toEqual(first);
  const shown = await text("trace", id.slice(0, 8));
  expect(shown).toContain(`Request ${id}\n`);
  expect(shown).toMatch(/^1 broken\/x1 +░/m);
  expect(shown).toMatch(/^2 local\/m1 +░*█/m);
  expect(shown).toMatch(/^1 +broken\/x1 +upstream_failed 503 /m);
  expect(shown).toContain(`${first?.tokensIn} in (`);
});

test("trace of an unknown id ends with exit code 1 and says how far back the relay remembers", async () => {
  const { code, stderr } = await run("trace", "00000000-0000-0000-0000-000000000000");
  expect([code, stderr]).toEqual([1, expect.stringContaining("the last 10,000 finished requests")]);
});

test("a wrong parameter is refused with its name, and the gateway logs no error", async () => {
  const params = ["--params", '{"limit":0}', "--json"];
  const failure = await runHost(fixture.gateway.folder, [
    "gateway",
    "call",
    "passthrough.requests",
    ...params,
  ]).then(
    () => undefined,
    ({ stdout, stderr }: Ended) => stdout + stderr,
  );
  expect(failure).toContain(
    "passthrough.requests: limit: Expected integer to be greater or equal to 1",
  );
  expect(fixture.gateway.output()).not.toContain("request handler failed");
});

test("no output has content or a key", () => {
  const all = printed.join("\n");
  expect(all).toContain("spender");
  for (const secret of [...Object.values(canaries), ...Object.values(texts), "sk-broken", "ocp_"]) {
    expect(all).not.toContain(secret);
  }
});

test("without a gateway, exit code 1 and a sentence", async () => {
  await fixture.gateway.terminate();
  const { code, stderr } = await run("requests", "--follow");
  expect([code, stderr]).toEqual([1, expect.stringContaining("No gateway runs")]);
});

/** Runs a command until what it has shown is enough, then interrupts it as Ctrl+C does. */
async function runUntil(
  args: readonly string[],
  isEnough: (shown: string) => boolean,
): Promise<{ readonly shown: string; readonly code: number | null }> {
  const child = spawn(process.execPath, [hostCommand, "passthrough", ...args], {
    cwd: fixture.gateway.folder,
    env: hostEnvironment(fixture.gateway.folder),
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let shown = "";
  child.stdout.on("data", (chunk: Buffer) => {
    shown += chunk.toString();
  });
  const ended = endOf(child);
  await until(() => isEnough(shown) || child.exitCode !== null, commandWithinMs);
  interrupt(child);
  const code = await ended;
  printed.push(shown);
  return { shown, code };
}

function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.once("exit", (code) => resolve(code));
  });
}

/** A terminal sends the signal to all processes in front of it. */
function interrupt({ pid }: ChildProcess): void {
  if (pid !== undefined) {
    process.kill(-pid, "SIGINT");
  }
}
