/** The demo as a user starts it, with a scripted provider. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startProvider } from "../support/provider.ts";

const demo = fileURLToPath(new URL("../../scripts/demo.ts", import.meta.url));

test("the demo compares core's endpoint with each of our modes and leaves no file behind", async () => {
  const provider = await startProvider();
  const scratch = await mkdtemp(join(tmpdir(), "openclaw-passthrough-demo-test-"));
  const running = spawn(
    process.execPath,
    [demo, "--base-url", provider.baseUrl, "--model", "some-model"],
    { env: { ...process.env, TMPDIR: scratch, OPENAI_API_KEY: "sk-of-the-user" } },
  );
  const ended = once(running, "close");
  let stdout = "";
  let stderr = "";
  running.stderr.on("data", (chunk) => (stderr += chunk));
  // Ctrl-C, once the relay is up.
  running.stdout.on("data", (chunk) => {
    stdout += chunk;
    if (stdout.includes("Ctrl-C")) {
      running.kill("SIGINT");
    }
  });
  expect([await ended, stderr]).toEqual([[0, null], expect.stringContaining("\nStopping")]);
  const [titles = [], , ...lines] = stdout
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => line.split("|").map((cell) => cell.trim()));
  const measured = (column: string, row: string) => {
    const cell = lines.find(([, title]) => title === row)?.[titles.indexOf(column)];
    return Number(cell?.replaceAll(/[^0-9.]/g, "") || Number.NaN);
  };

  // Core's endpoint keeps a session for each call; our agent run leaves only metadata in the host's audit log.
  expect(measured("core's endpoint", "rows left on disk")).toBeGreaterThan(10);
  expect(measured("agent", "rows left on disk")).toBeLessThanOrEqual(2);
  for (const column of ["light", "passthrough"]) {
    expect(measured(column, "rows left on disk")).toBe(0);
    expect(measured(column, "bytes left on disk")).toBe(0);
  }
  const coreBytes = measured("core's endpoint", "sent to the provider");
  expect(coreBytes).toBeGreaterThan(20_000);
  // This includes the agent's whole prompt.
  expect(measured("agent", "sent to the provider")).toBeGreaterThan(20_000);
  // Only a two-line personality.
  expect(measured("light", "sent to the provider")).toBeLessThan(coreBytes / 100);
  expect(measured("passthrough", "sent to the provider")).toBeLessThan(200);
  for (const column of titles.slice(2, -1)) {
    expect(measured(column, "time to first word")).toBeGreaterThan(0);
  }

  // It reports its progress.
  for (const said of ["[1/5] ", "[3/5] Core's endpoint", "starting a gateway", "[5/5] "]) {
    expect(stderr).toContain(said);
  }

  // Six requests in each of four columns: two to warm up, one for the disk, three for the timings.
  expect(provider.requests).toHaveLength(24);
  for (const request of provider.requests) {
    expect(request.headers.authorization).toBe("Bearer sk-of-the-user");
    expect(request.json.model).toBe("some-model");
  }
  expect(await readdir(scratch)).toEqual([]);
  await rm(scratch, { recursive: true });
  await provider.close();
  // Three gateways start in turn.
  // This timeout only guards against hanging: a busy machine takes minutes.
}, 600_000);
