/** The inspector that measures the heap of a gateway's threads, on a process of this test. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { inspect, inspectable } from "../../support/inspector.ts";

const heldBytes = 30e6;
const scripts = {
  "main.mjs": `import { Worker } from "node:worker_threads";
    new Worker(new URL("other.mjs", import.meta.url));
    new Worker(new URL("held.mjs", import.meta.url)).on("message", () => console.log("up"));`,
  "other.mjs": "setInterval(() => undefined, 1000);",
  "held.mjs": `import { parentPort } from "node:worker_threads";
    globalThis.held = Array.from({ length: ${heldBytes / 8} }, (_, at) => at + 0.5);
    function workHard() { const until = Date.now() + 20; while (Date.now() < until); }
    setInterval(workHard, 1);
    parentPort.postMessage("up");`,
};

/** @returns the process and everything it printed, once its workers run. */
async function startProcess() {
  const folder = await mkdtemp(join(tmpdir(), "openclaw-passthrough-inspector-"));
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(folder, name), script);
  }
  const child = spawn(process.execPath, [join(folder, "main.mjs")], {
    env: { ...process.env, ...inspectable },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(async () => {
    child.kill();
    await rm(folder, { recursive: true, force: true });
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const hasStarted = () => /ws:\/\/\S+\s/.test(output) && output.includes("up\n");
  await expect.poll(hasStarted, { timeout: 20_000 }).toBe(true);
  return { pid: child.pid ?? 0, output: () => output };
}

test("tells a worker's heap from the main thread's, and profiles the worker", async () => {
  const inspector = await inspect(await startProcess());
  onTestFinished(() => inspector.close());
  const worker = await inspector.worker("/held.mjs");
  expect(await worker?.heapUsedBytes()).toBeGreaterThan(heldBytes);
  expect(await inspector.heapUsedBytes()).toBeLessThan(heldBytes);

  const profiledFunctions = async () => {
    const stop = await worker?.startProfile(200);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const profile = await stop?.();
    return profile?.nodes.map(({ callFrame }) => callFrame.functionName);
  };
  await expect.poll(profiledFunctions, { timeout: 20_000 }).toContain("workHard");
});

test("has no worker where none has that script", async () => {
  const inspector = await inspect(await startProcess());
  onTestFinished(() => inspector.close());
  expect(await inspector.worker("/missing.mjs")).toBeUndefined();
});
