/** `openclaw passthrough init` beside a running gateway: from an empty plugin config to a curl line that works. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { freePort, type Gateway, startGateway } from "../support/gateway.ts";
import { needs } from "../support/host-can.ts";
import { runHost } from "../support/install.ts";
import { type Provider, startProvider } from "../support/provider.ts";
import { relayConfig } from "./relay-config.ts";

let provider: Provider;
let gateway: Gateway;

beforeAll(async () => {
  provider = await startProvider();
  const { plugins: _plugins, ...others } = relayConfig(provider);
  gateway = await startGateway({
    config: { ...others, plugins: { entries: { passthrough: { enabled: true } } } },
    stateFrom: inject("installedState"),
  });
});
afterAll(async () => {
  await gateway?.close();
  await provider?.close();
});

const init = async (...args: string[]) => runHost(gateway.folder, ["passthrough", "init", ...args]);
const initAsJson = async (...args: string[]) => JSON.parse(await init("--yes", "--json", ...args));
/** Runs a line as a person would paste it. */
const inShell = async (line: string) =>
  (await promisify(execFile)("sh", ["-c", line], { timeout: 60_000 })).stdout;
const entryInFile = async () =>
  JSON.parse(await readFile(join(gateway.folder, "openclaw.json"), "utf8")).plugins.entries
    .passthrough;

test("without a terminal and without --yes nothing is asked, and nothing is changed", async () => {
  const failure = await init().catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 2, stderr: expect.stringContaining("give --yes") });
  expect(await entryInFile()).toEqual({ enabled: true });
});

test("an empty config becomes a relay with a listener, and the curl line works at once", async () => {
  const port = await freePort();
  const made = await initAsJson("--mode", "passthrough", "--listen", `127.0.0.1:${port}`);
  expect(made).toMatchObject({
    changed: true,
    works: true,
    key: { name: "first", text: expect.stringMatching(/^ocp_/) },
    url: `http://127.0.0.1:${port}/v1`,
  });
  expect(await entryInFile()).toEqual({
    enabled: true,
    config: { mode: "passthrough", listen: { host: "127.0.0.1", port } },
  });
  expect(await inShell(made.curl)).toContain("Hello from the provider.");
  expect(provider.requests.at(-1)?.json).toEqual({
    model: "m1",
    messages: [{ role: "user", content: "Say hi." }],
  });
});

test("the same again changes nothing, and makes no second key", async () => {
  const before = await readFile(join(gateway.folder, "openclaw.json"), "utf8");
  const { listen } = (await entryInFile()).config;
  const said = await init(
    "--yes",
    "--mode",
    "passthrough",
    "--listen",
    `${listen.host}:${listen.port}`,
  );
  expect(said).toContain("says all this already");
  expect(said).toContain('There is a key "first" already');
  expect(await readFile(join(gateway.folder, "openclaw.json"), "utf8")).toBe(before);
});

test(
  "whole agents: the hooks are allowed without a restart, and the curl line runs the agent",
  needs("toolLimits"),
  async () => {
    const made = await initAsJson("--mode", "agent", "--agent", "main", "--key", "second");
    expect(made).toMatchObject({ changed: true, works: true });
    expect(await entryInFile()).toMatchObject({
      hooks: { allowConversationAccess: true },
      config: { mode: "passthrough", agents: { main: { mode: "agent" } } },
    });
    expect(await inShell(`${made.curl} -D -`)).toMatch(
      /x-openclaw-mode: agent[^]*Hello from the provider/,
    );
    // The host has reloaded the plugin for its hooks. Its new thread must be able to resolve models.
    expect(await inShell(`${made.curl} -D - -H 'x-openclaw-light-context: true'`)).toMatch(
      /x-openclaw-mode: light[^]*Hello from the provider/,
    );
  },
);
