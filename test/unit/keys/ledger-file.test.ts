import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createLedgerFile, readLedgerFile } from "../../../src/keys/ledger-file.ts";
import { createLedger } from "../../../src/keys/ledger.ts";

const account = { keyId: "k1", agent: "ada", model: "local/m1" };
const entry = { tokensIn: 10, tokensOut: 5, tokensCached: 2, costUsd: 0.25, failed: false };

let folder = "";
const path = () => join(folder, "passthrough", "usage.json");
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "openclaw-passthrough-ledger-"));
});
afterEach(async () => {
  await chmod(join(folder, "passthrough"), 0o700).catch(() => undefined);
  await rm(folder, { recursive: true });
});

/** A process with a ledger and its file. */
async function start() {
  const ledger = createLedger();
  const file = createLedgerFile(ledger, path);
  await file.open();
  return { ledger, file };
}

describe("the file", () => {
  test("is made when there is something to keep, for nobody else to read", async () => {
    const { ledger, file } = await start();
    await file.flush();
    expect(await readdir(folder)).toEqual([]);
    ledger.add(account, entry);
    await file.flush();
    expect((await stat(path())).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, "passthrough"))).toEqual(["usage.json"]);
  });

  test("is written when something has changed, and not otherwise", async () => {
    const { ledger, file } = await start();
    ledger.add(account, entry);
    await file.flush();
    const { ino } = await stat(path());
    await file.flush();
    expect((await stat(path())).ino).toBe(ino);
    ledger.add(account, entry);
    await file.flush();
    expect((await readLedgerFile(path()))?.rows[0]?.total.requests).toBe(2);
  });

  test("has what was there at the last flush when the process is gone without a word", async () => {
    const { ledger, file } = await start();
    ledger.add(account, entry);
    await file.flush();
    ledger.add(account, entry);
    const next = await start();
    expect(next.ledger.spentTodayUsd("k1")).toBe(0.25);
    next.ledger.add(account, entry);
    await next.file.flush();
    expect((await start()).ledger.spentTodayUsd("k1")).toBe(0.5);
  });

  test("is whole for whoever reads it while it is written", async () => {
    const { ledger, file } = await start();
    for (let at = 0; at < 2000; at += 1) {
      ledger.add({ ...account, model: `local/m${at}` }, entry);
    }
    await file.flush();
    const read = async () => (await readLedgerFile(path()))?.rows.length ?? 0;
    for (let at = 1; at <= 20; at += 1) {
      ledger.add({ ...account, model: `cloud/c${at}` }, entry);
      const flushed = file.flush();
      const sizes = await Promise.all(Array.from({ length: 10 }, read));
      await flushed;
      expect(Math.min(...sizes)).toBeGreaterThanOrEqual(1999 + at);
    }
  });

  test("gets each change once, however many flushes are under way", async () => {
    const { ledger, file } = await start();
    const flushes = Array.from({ length: 10 }, () => {
      ledger.add(account, entry);
      return file.flush();
    });
    await Promise.all(flushes);
    expect((await readLedgerFile(path()))?.rows[0]?.total.requests).toBe(10);
    expect(await readdir(join(folder, "passthrough"))).toEqual(["usage.json"]);
  });

  test("is tried again after a flush that failed", async () => {
    const { ledger, file } = await start();
    await writeFile(join(folder, "passthrough"), "in the way");
    ledger.add(account, entry);
    await expect(file.flush()).rejects.toThrow(/EEXIST|ENOTDIR/);
    await rm(join(folder, "passthrough"));
    await file.flush();
    expect((await readLedgerFile(path()))?.rows).toHaveLength(1);
  });
});

describe("a file that is not the ledger's", () => {
  test.each([
    ["other JSON", '{"version":2,"mine":true}'],
    ["no JSON", "notes"],
    ["half a ledger", '{"version":1,"day":"2026-11-20","rows":[{"keyId":"k1"'],
    [
      "a negative cost",
      JSON.stringify({
        version: 1,
        day: "2026-11-20",
        rows: [{ ...account, total: { ...entry, costUsd: -1 }, today: entry }],
      }),
    ],
  ])("with %s is said to be none, left alone and never written over", async (_what, text) => {
    await start().then(async ({ ledger, file }) => {
      ledger.add(account, entry);
      await file.flush();
    });
    await writeFile(path(), text);
    const ledger = createLedger();
    const file = createLedgerFile(ledger, path);
    await expect(file.open()).rejects.toThrow(/JSON|does not hold the usage/);
    ledger.add(account, entry);
    await file.flush();
    expect(await readFile(path(), "utf8")).toBe(text);
  });
});
