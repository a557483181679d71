import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createLedgerFile, readLedgerFile } from "../../../src/quota/ledger-file.ts";
import { createLedger, type Ledger, type LedgerAccount } from "../../../src/quota/ledger.ts";
import { stopClock } from "../../support/clock.ts";

const account = { keyId: "k1", agent: "ada", model: "local/m1" };
const usage = { tokensIn: 10, tokensOut: 5, tokensCached: 2, tokensCacheWrite: 1 };
/** Books a request with this usage. */
function use(ledger: Ledger, to: LedgerAccount = account, failed = false): void {
  ledger.book(to, usage, 0.25);
  ledger.count(to, { failed });
}

const sums = { requests: 1, errors: 0, ...usage, costUsd: 0.25 };

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
  test("is created with the first booking, readable by its owner only", async () => {
    const { ledger, file } = await start();
    await file.flush();
    expect(await readdir(folder)).toEqual([]);
    use(ledger);
    await file.flush();
    expect((await stat(path())).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, "passthrough"))).toEqual(["usage.json"]);
  });

  test("is written only if something has changed", async () => {
    const { ledger, file } = await start();
    use(ledger);
    await file.flush();
    const { ino } = await stat(path());
    await file.flush();
    expect((await stat(path())).ino).toBe(ino);
    use(ledger);
    await file.flush();
    expect((await readLedgerFile(path()))?.rows[0]?.total.requests).toBe(2);
  });

  test("has the state of the last flush after a crash", async () => {
    const { ledger, file } = await start();
    use(ledger);
    await file.flush();
    use(ledger);
    const next = await start();
    expect(next.ledger.spending("k1").todayUsd).toBe(0.25);
    use(next.ledger);
    await next.file.flush();
    expect((await start()).ledger.spending("k1").todayUsd).toBe(0.5);
  });

  test("is never read half-written", async () => {
    const { ledger, file } = await start();
    for (let at = 0; at < 2000; at += 1) {
      use(ledger, { ...account, model: `local/m${at}` });
    }
    await file.flush();
    const read = async () => (await readLedgerFile(path()))?.rows.length ?? 0;
    for (let at = 1; at <= 20; at += 1) {
      use(ledger, { ...account, model: `cloud/c${at}` });
      const flushed = file.flush();
      const sizes = await Promise.all(Array.from({ length: 10 }, read));
      await flushed;
      expect(Math.min(...sizes)).toBeGreaterThanOrEqual(1999 + at);
    }
  });

  test("gets each change once, even with concurrent flushes", async () => {
    const { ledger, file } = await start();
    const flushes = Array.from({ length: 10 }, () => {
      use(ledger);
      return file.flush();
    });
    await Promise.all(flushes);
    expect((await readLedgerFile(path()))?.rows[0]?.total.requests).toBe(10);
    expect(await readdir(join(folder, "passthrough"))).toEqual(["usage.json"]);
  });

  test("is written by the next flush after one that failed", async () => {
    const { ledger, file } = await start();
    await writeFile(join(folder, "passthrough"), "in the way");
    use(ledger);
    await expect(file.flush()).rejects.toThrow(/EEXIST|ENOTDIR/);
    await rm(join(folder, "passthrough"));
    await file.flush();
    expect((await readLedgerFile(path()))?.rows).toHaveLength(1);
  });
});

test("migrates a file of version 0.1.0: its month is its last day", async () => {
  stopClock();
  const { tokensCacheWrite: _tokensCacheWrite, ...firstSums } = sums;
  const day = new Date().toISOString().slice(0, 10);
  const rows = [{ ...account, total: { ...firstSums, requests: 7 }, today: firstSums }];
  await mkdir(join(folder, "passthrough"));
  await writeFile(path(), JSON.stringify({ version: 1, day, rows }));
  const { ledger } = await start();
  const counted = { ...sums, tokensCacheWrite: 0 };
  expect(ledger.state()).toEqual({
    version: 2,
    day,
    rows: [{ ...account, total: { ...counted, requests: 7 }, month: counted, today: counted }],
  });
});

describe("an invalid file", () => {
  test.each([
    ["other JSON", '{"version":2,"mine":true}'],
    ["text that is not JSON", "notes"],
    ["a truncated ledger", '{"version":1,"day":"2026-11-20","rows":[{"keyId":"k1"'],
    [
      "a negative cost",
      JSON.stringify({
        version: 2,
        day: "2026-11-20",
        rows: [{ ...account, total: { ...sums, costUsd: -1 }, month: sums, today: sums }],
      }),
    ],
  ])("with %s is reported and never overwritten", async (_what, text) => {
    await start().then(async ({ ledger, file }) => {
      use(ledger);
      await file.flush();
    });
    await writeFile(path(), text);
    const ledger = createLedger();
    const file = createLedgerFile(ledger, path);
    await expect(file.open()).rejects.toThrow(/JSON|does not contain the usage/);
    expect(file.problem()).toMatch(/JSON|does not contain the usage/);
    use(ledger);
    await file.flush();
    expect(await readFile(path(), "utf8")).toBe(text);
  });
});
