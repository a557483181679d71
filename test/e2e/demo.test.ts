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

test("the demo compares core's endpoint with our modes, alone and beside an agent, and leaves no file behind", async () => {
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
  const lines = stdout
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => line.split("|").map((cell) => cell.trim()));
  const tableOf = (corner: string) => {
    const start = lines.findIndex(([, title]) => title === corner);
    const [titles = [], ...rows] = lines.slice(start, start + 9);
    const measured = (column: string, row: string) => {
      const cell = rows.find(([, title]) => title === row)?.[titles.indexOf(column)];
      return Number(cell?.replaceAll(/[^0-9.]/g, "") || Number.NaN);
    };
    return { columns: titles.slice(2, -1), measured };
  };
  const { columns, measured } = tableOf("one call, warm");

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
  for (const column of columns) {
    expect(measured(column, "time to first word")).toBeGreaterThan(0);
  }

  const translated = tableOf("translated");
  expect(translated.columns).toEqual([
    "Claude, light",
    "Claude, passthrough",
    "Gemini, light",
    "Gemini, passthrough",
  ]);
  for (const column of translated.columns) {
    expect(translated.measured(column, "rows left on disk")).toBe(0);
    expect(translated.measured(column, "bytes left on disk")).toBe(0);
    expect(translated.measured(column, "sent to the provider")).toBeLessThan(300);
    for (const row of ["time to first byte", "time to first word", "total time"]) {
      expect(translated.measured(column, row)).toBeGreaterThan(0);
    }
  }
  for (const vendor of ["Claude", "Gemini"]) {
    // The provider's own count, which the personality of light mode adds to.
    const tokens = translated.measured(`${vendor}, passthrough`, "prompt tokens");
    expect(tokens).toBeGreaterThan(10);
    expect(translated.measured(`${vendor}, light`, "prompt tokens")).toBeGreaterThan(tokens + 5);
  }
  expect(stdout).not.toContain("about");

  const aTime = expect.toSatisfy((ms) => ms > 0);
  // When streams begin: p50 and p90 alone, then with an agent at work.
  const firstBytes = (entry: string) => {
    const [, , ...cells] = lines.find(([, title]) => title === entry) ?? [];
    const times = cells.slice(0, -1).map((cell) => Number(/^([\d.]+) ms$/.exec(cell)?.[1]));
    expect([entry, ...times]).toEqual([entry, ...Array.from({ length: 4 }, () => aTime)]);
    const [, , p50BesideAgent = 0, p90BesideAgent = 0] = times;
    return { p50BesideAgent, p90BesideAgent };
  };
  firstBytes("ours, /passthrough/v1");
  const ofCore = firstBytes("core's endpoint");
  const ofListener = firstBytes("ours, its own listener");
  expect(ofListener.p50BesideAgent).toBeLessThan(ofCore.p50BesideAgent);
  expect(ofListener.p90BesideAgent).toBeLessThan(ofCore.p90BesideAgent);

  // It reports its progress.
  for (const said of [
    "[1/5] ",
    "[3/5] Core's endpoint",
    "starting a gateway",
    "an agent at work",
    "[5/5] ",
  ]) {
    expect(stderr).toContain(said);
  }

  // Six requests in each of four columns: two to warm up, one for the disk, three for the timings. None for first bytes.
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
