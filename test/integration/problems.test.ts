/** Dangling references in the configuration, as an operator sees them. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fakeHost, startRelayServer } from "../support/relay-server.ts";

test("the status lists all problems, and the log has each of them once", async () => {
  const key = { id: "k1", sha256: "0".repeat(64), modes: ["passthrough"], budgetUsdPerDay: 1 };
  const stateFolder = await mkdtemp(join(tmpdir(), "openclaw-passthrough-problems-"));
  const host = fakeHost({
    stateFolder,
    models: ["a/m1", "unknown/m2"],
    providers: { a: "http://127.0.0.1:9/v1" },
    config: {
      defaultAgent: "nobody",
      agents: {
        nobody: {},
        main: { http: { systemPrompt: { file: "MISSING.md" } } },
      },
      upstream: { providers: { nonexist: {} } },
      keys: { bot: key, phone: { ...key, agents: ["ghost"] } },
    },
  });
  const relay = await startRelayServer(host);
  const { ok, problems } = await relay.relay.status();
  expect(ok).toBe(true);
  expect(problems.map(({ severity, path }) => `${severity} ${path.split(".config.")[1]}`)).toEqual([
    "error defaultAgent",
    "error keys.phone.agents",
    "error agents.main.http.systemPrompt",
    "error keys.phone.sha256",
    "error keys.phone.id",
    "warning agents.nobody",
    "warning upstream.providers.nonexist",
    "warning mode",
    "warning keys.bot.budgetUsdPerDay",
  ]);
  for (const { path, message, fix } of problems) {
    expect(relay.log.filter((line) => line.includes(path) && line.includes(message))).toEqual([
      `warn passthrough: ${path}: ${message} ${fix}`,
    ]);
  }
  await relay.relay.status();
  expect(relay.log).toHaveLength(problems.length);
  await relay.close();
  await rm(stateFolder, { recursive: true });
});

test("the status lists files that other users can read, and the log says so", async () => {
  const stateFolder = await mkdtemp(join(tmpdir(), "openclaw-passthrough-rights-"));
  const folder = join(stateFolder, "passthrough");
  const keyFile = join(folder, "keys.json");
  await mkdir(folder, { mode: 0o700 });
  await writeFile(keyFile, JSON.stringify({ version: 1, keys: {} }));
  await chmod(keyFile, 0o644);
  const host = fakeHost({
    stateFolder,
    models: ["a/m1"],
    providers: { a: "http://127.0.0.1:9/v1" },
  });
  const relay = await startRelayServer(host);
  const { problems } = await relay.relay.status();
  expect(problems).toMatchObject([{ severity: "warning", path: keyFile }]);
  expect(relay.log).toMatchObject([
    expect.stringContaining(`${keyFile}: The file of the virtual keys`),
  ]);
  await chmod(keyFile, 0o600);
  expect((await relay.relay.status()).problems).toEqual([]);
  await relay.close();
  await rm(stateFolder, { recursive: true });
});
