/** What a command finds without a gateway. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { localProblems } from "../../src/doctor/local-problems.ts";
import { fakeHost, type FakeHostOptions } from "../support/relay-server.ts";

let stateFolder: string;
const inFolder = (name: string) => join(stateFolder, "passthrough", name);
const write = (name: string, value: unknown) =>
  writeFile(inFolder(name), JSON.stringify(value), { mode: 0o600 });
const key = { id: "k1", sha256: "0".repeat(64), modes: ["passthrough"] };

beforeEach(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), "openclaw-passthrough-local-"));
  await mkdir(inFolder(""), { mode: 0o700 });
});
afterEach(() => rm(stateFolder, { recursive: true }));

async function found(config: FakeHostOptions["config"] = {}) {
  const models = ["a/m1"];
  const providers = { a: "http://127.0.0.1:9/v1" };
  const host = fakeHost({ stateFolder, models, providers, config });
  return (await localProblems(host)).map(
    ({ severity, path, message }) => `${severity} ${path}: ${message}`,
  );
}

test("files that are in order are no problem", async () => {
  await write("keys.json", { version: 1, keys: { bot: key } });
  await write("usage.json", { version: 2, day: "2026-11-22", rows: [] });
  expect(await found()).toEqual([]);
});

test("keys of the file are checked as those of the config", async () => {
  await write("keys.json", { version: 1, keys: { bot: { ...key, agents: ["ghost"] } } });
  expect(await found()).toEqual([
    `error ${inFolder("keys.json")}: bot.agents: There is no agent "ghost".`,
  ]);
});

test("files that a newer version of the plugin has written are named, with what to update", async () => {
  await write("keys.json", { version: 1, keys: { bot: { ...key, wishes: 3 } } });
  await write("usage.json", { version: 3, day: "2026-11-22", rows: [] });
  const [keys, usage, ...others] = await found();
  expect(others).toEqual([]);
  expect(keys).toContain(`error ${inFolder("keys.json")}: `);
  expect(keys).toContain(
    'it has a setting that this version of the plugin does not know, "keys/bot/wishes": update the plugin',
  );
  expect(usage).toContain(`warning ${inFolder("usage.json")}: `);
  expect(usage).toContain("in format 3, and this one knows up to format 2: update the plugin");
});

test("two keys with one name, in the config and in the file", async () => {
  await write("keys.json", {
    version: 1,
    keys: { bot: { ...key, id: "k2", sha256: "1".repeat(64) } },
  });
  expect(await found({ keys: { bot: key } })).toEqual([
    expect.stringMatching(
      /^error plugins\.entries\.passthrough\.config\.keys\.bot: The config and/,
    ),
  ]);
});
