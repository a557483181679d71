/** The demo as a user starts it, with a provider of its own. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startProvider } from "../support/provider.ts";

const demo = fileURLToPath(new URL("../../scripts/demo.ts", import.meta.url));

test("the demo shows both sides and leaves nothing behind", async () => {
  const provider = await startProvider();
  const scratch = await mkdtemp(join(tmpdir(), "openclaw-passthrough-demo-test-"));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [demo, "--once", "--base-url", provider.baseUrl, "--model", "some-model"],
    { env: { ...process.env, TMPDIR: scratch, OPENAI_API_KEY: "sk-of-the-user" } },
  );
  const row = (title: string) =>
    stdout
      .split("\n")
      .find((line) => line.startsWith(`| ${title}`))
      ?.split("|")
      .slice(2, 5)
      .map((cell) => Number(cell.replaceAll(/[^0-9.]/g, "")));
  const [coreRows = 0, ...ourRows] = row("rows left on disk") ?? [];
  expect(coreRows).toBeGreaterThan(10);
  expect(ourRows).toEqual([0, 0]);
  expect(row("bytes left on disk")?.slice(1)).toEqual([0, 0]);
  const [coreBytes = 0, ourBytes = 0, lightBytes = 0] = row("sent to the provider") ?? [];
  expect(coreBytes).toBeGreaterThan(20_000);
  expect(ourBytes).toBeLessThan(200);
  // A personality of two lines, and nothing else.
  expect(lightBytes).toBeLessThan(coreBytes / 100);

  expect(provider.requests).toHaveLength(6);
  for (const request of provider.requests) {
    expect(request.headers.authorization).toBe("Bearer sk-of-the-user");
    expect(request.json.model).toBe("some-model");
  }
  expect(await readdir(scratch)).toEqual([]);
  await rm(scratch, { recursive: true });
  await provider.close();
});
