import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { StoredKeys } from "../../../src/config/schema.ts";
import { changeKeyFile, readKeyFile } from "../../../src/access/key-file.ts";

const key = (id: string): StoredKeys[string] => ({
  id,
  sha256: "a".repeat(64),
  modes: ["passthrough"],
});
const source = fileURLToPath(new URL("../../../src/access/", import.meta.url));

let folder = "";
const path = () => join(folder, "passthrough", "keys.json");
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "openclaw-passthrough-keys-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});
const add = (name: string) =>
  changeKeyFile(path(), (keys) => {
    keys[name] = key(name);
  });

/** Runs a module in its own process, next to the sources. @returns the process after its first output. */
const elsewhere = async (text: string) => {
  const child = spawn(process.execPath, ["--input-type=module", "-e", text], { cwd: source });
  await once(child.stdout, "data");
  return child;
};

describe("the key file", () => {
  test("is created with its first key, readable by its owner only", async () => {
    expect(await readKeyFile(path())).toEqual({});
    expect(await readdir(folder)).toEqual([]);
    await add("bot");
    expect((await stat(path())).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, "passthrough"))).mode & 0o777).toBe(0o700);
    expect(await readKeyFile(path())).toEqual({ bot: key("bot") });
  });

  test("is unchanged if a change throws", async () => {
    await add("bot");
    const before = await readFile(path(), "utf8");
    await expect(
      changeKeyFile(path(), (keys) => {
        delete keys["bot"];
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
    expect(await readFile(path(), "utf8")).toBe(before);
  });

  test("loses no key in concurrent changes from one or several processes", async () => {
    const other = await elsewhere(`
      import { changeKeyFile } from "../access/key-file.ts";
      console.log("here");
      for (let at = 0; at < 20; at += 1) {
        await changeKeyFile(${JSON.stringify(path())}, (keys) => {
          keys["other" + at] = ${JSON.stringify(key("other"))};
        });
      }
    `);
    const ended = once(other, "exit");
    await Promise.all(Array.from({ length: 20 }, (_, at) => add(`own${at}`)));
    expect(await ended).toEqual([0, null]);
    expect(Object.keys(await readKeyFile(path()))).toHaveLength(40);
    expect((await readdir(join(folder, "passthrough"))).sort()).toEqual([
      "keys.json",
      "keys.json.lock",
    ]);
  });

  test("can be changed after a process that held its lock was killed", async () => {
    const holder = await elsewhere(`
      import { withFileLock } from "../files/file-lock.ts";
      await withFileLock(${JSON.stringify(`${path()}.lock`)}, "the keys", () => {
        console.log("locked");
        return new Promise((resolve) => setTimeout(resolve, 60_000));
      });
    `);
    const added = add("bot");
    const killed = once(holder, "exit");
    holder.kill("SIGKILL");
    await killed;
    await added;
    expect(Object.keys(await readKeyFile(path()))).toEqual(["bot"]);
  });
});

describe("an invalid key file", () => {
  const whole = JSON.stringify({ version: 1, keys: { bot: key("bot") } });

  test.each([
    ["a truncated file", whole.slice(0, -9), "not complete JSON"],
    ["an empty file", "", "not complete JSON"],
    ["notes", "ocp_notes", "not complete JSON"],
    ["other JSON", '{"mine":true}', "does not contain virtual keys"],
    [
      "a later version",
      whole.replace('"version":1', '"version":2'),
      "in format 2, and this one knows up to format 1: update",
    ],
    [
      "an unknown limit",
      whole.replace('"id"', '"requestsPerYear":1,"id"'),
      "keys/bot/requestsPerYear",
    ],
    ["an invalid name", whole.replace('"bot"', '"__proto__"'), "does not contain virtual keys"],
  ])("(%s) is reported by path and never overwritten", async (_what, text, reason) => {
    await mkdir(join(folder, "passthrough"));
    await writeFile(path(), text);
    await expect(readKeyFile(path())).rejects.toThrow(reason);
    await expect(readKeyFile(path())).rejects.toThrow(path());
    await expect(add("other")).rejects.toThrow(reason);
    await expect(add("other")).rejects.not.toThrow("ocp_notes");
    expect(await readFile(path(), "utf8")).toBe(text);
  });
});
