/** `openclaw passthrough doctor` beside a running gateway, and without one. */
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { until } from "../support/client.ts";
import { needs } from "../support/host-can.ts";
import { runHost } from "../support/install.ts";
import { json } from "../support/provider.ts";
import { useGateway } from "./fixture.ts";
import { model, relayConfig } from "./relay-config.ts";

const fixture = useGateway();

interface Outcome {
  readonly code: number;
  readonly problems: readonly { severity: string; path: string; message: string; fix: string }[];
}

const doctor = (...args: string[]) =>
  runHost(fixture.gateway.folder, ["passthrough", "doctor", ...args]);
/** Its exit code and its list. */
async function examined(...args: string[]): Promise<Outcome> {
  const outcome = await doctor("--json", ...args).then(
    (stdout) => ({ code: 0, stdout }),
    (failure: { code: number; stdout: string }) => failure,
  );
  return { code: outcome.code, problems: JSON.parse(outcome.stdout).problems };
}
const found = ({ problems }: Outcome) =>
  problems.map(({ severity, path }) => `${severity} ${path}`);
const status = async (): Promise<Outcome["problems"]> =>
  JSON.parse(
    await runHost(fixture.gateway.folder, ["gateway", "call", "passthrough.status", "--json"]),
  ).problems;

const prefix = "plugins.entries.passthrough";
const settings = (config: object) => ({ plugins: { entries: { passthrough: { config } } } });
const ours = (name: string) => join(fixture.gateway.stateFolder, "passthrough", name);

beforeEach(() => mkdir(ours(""), { recursive: true, mode: 0o700 }));

describe("beside a running gateway", () => {
  test("the exit code is 0 for nothing, and --online asks the provider with one small request", async () => {
    expect(await doctor()).toContain("No problems found.");
    expect(await examined("--online")).toEqual({ code: 0, problems: [] });
    expect(fixture.provider.requests.map(({ json: body }) => body)).toEqual([
      { model: "m1", messages: [{ role: "user", content: "Say ok." }], max_tokens: 1 },
    ]);
  });

  test("a refused key is found by --online only, and has no effect on callers", async () => {
    fixture.provider.behave("m1", json({ error: { message: "Incorrect API key" } }, 401));
    expect(await examined()).toEqual({ code: 0, problems: [] });
    const refused = await examined("--online");
    expect([refused.code, found(refused)]).toEqual([2, ["error models.providers.local.apiKey"]]);
    expect(JSON.stringify(refused)).not.toContain("sk-local");
    fixture.provider.reset();
    const answer = await fixture.call("/v1/chat/completions", {
      model: "openclaw",
      messages: [{ role: "user", content: "hi" }],
    });
    expect([answer.status, answer.headers["x-openclaw-attempts"]]).toEqual([200, "1"]);
  });

  test("files with wrong rights and of newer versions are found: 1 for warnings, 2 for errors", async () => {
    await writeFile(ours("keys.json"), JSON.stringify({ version: 1, keys: {} }), { mode: 0o600 });
    await chmod(ours("keys.json"), 0o644);
    const readable = await examined();
    expect([readable.code, found(readable)]).toEqual([1, [`warning ${ours("keys.json")}`]]);
    expect(readable.problems).toEqual(await status());
    await writeFile(ours("keys.json"), JSON.stringify({ version: 9, keys: {} }));
    await chmod(ours("keys.json"), 0o600);
    // The gateway looks at the file twice a second.
    let newer = readable;
    await until(async () => {
      newer = await examined();
      return newer.code === 2;
    }, 60_000);
    expect(newer.problems[0]?.message).toContain("newer version of the plugin");
    await rm(ours("keys.json"));
  });

  test(
    "a config with problems: the command, the status and the log say the same",
    needs("trimmedRuns"),
    async () => {
      const lan = {
        baseUrl: "http://192.0.2.7:8000/v1",
        apiKey: "sk-lan",
        api: "openai-completions",
        models: [model("l1")],
      };
      await fixture.gateway.writeConfig(
        relayConfig(fixture.provider, {
          models: { providers: { lan } },
          ...settings({ defaultAgent: "nobody", agents: { main: { light: { tools: ["read"] } } } }),
        }),
      );
      await until(() => fixture.gateway.output().includes('There is no agent "nobody"'), 30_000);
      const outcome = await examined();
      expect(outcome.code).toBe(2);
      expect(found(outcome)).toEqual([
        `error ${prefix}.config.defaultAgent`,
        `error ${prefix}.hooks.allowConversationAccess`,
        "warning models.providers.lan.baseUrl",
      ]);
      expect(await status()).toEqual(outcome.problems);
      for (const { path, message, fix } of outcome.problems) {
        expect(fixture.gateway.output()).toContain(`passthrough: ${path}: ${message} ${fix}`);
      }
    },
  );
});

test("without a gateway the command finds what it can, and --online fails", async () => {
  // Core's endpoint needs a restart to be on, which this config does not get.
  await fixture.gateway.terminate();
  await fixture.gateway.writeConfig(
    relayConfig(fixture.provider, {
      gateway: { http: { endpoints: { chatCompletions: { enabled: true } } } },
      ...settings({ defaultAgent: "nobody" }),
    }),
  );
  const outcome = await examined();
  expect([outcome.code, found(outcome)]).toEqual([
    2,
    ["error gateway.http.endpoints.chatCompletions.enabled", `error ${prefix}.config.defaultAgent`],
  ]);
  const failure = await doctor("--online").catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 2, stderr: expect.stringContaining("no gateway runs") });
});
