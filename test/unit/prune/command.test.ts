import { describe, expect, test, vi } from "vitest";
import type { Prune } from "../../../src/prune/prune.ts";
import { createSessionsCommand } from "../../../src/prune/command.ts";
import { commandLine } from "../../support/command-line.ts";

const dayMs = 24 * 3_600_000;

/** Runs `passthrough sessions prune` with these options and its defaults for the others. */
async function run(options: Readonly<Record<string, unknown>> = {}) {
  const prune = vi.fn<Prune>(async ({ dryRun }) => ({ dryRun, kinds: [] }));
  const line = commandLine(
    createSessionsCommand(prune, { run: async () => ({ text: "in memory", json: {} }) }),
  );
  expect([...line.commands.keys()]).toEqual(["passthrough sessions", "passthrough sessions prune"]);
  const outcome = await line.run("passthrough sessions prune", options);
  return { request: prune.mock.calls[0]?.[0], ...outcome };
}

describe("the command", () => {
  test("defaults to both kinds and one day", async () => {
    expect((await run()).request).toEqual({
      ttlsMs: { "model-run": dayMs, "http-one-shot": dayMs },
      dryRun: false,
    });
  });

  test("passes its options on", async () => {
    const options = { kind: "http-one-shot", olderThan: "90s", dryRun: true, json: true };
    const { request, printed } = await run(options);
    expect(request).toEqual({ ttlsMs: { "http-one-shot": 90_000 }, dryRun: true });
    expect(JSON.parse(printed ?? "")).toEqual({ dryRun: true, kinds: [] });
  });

  test.each([
    [{ kind: "cron" }, '"cron" is not a kind of session: use model-run or http-one-shot'],
    [{ olderThan: "soon" }, '"soon" is not a duration'],
  ])("refuses %j with 2, before anything is removed", async (options, words) => {
    const { request, complaint, exitCode } = await run(options);
    expect([request, complaint, exitCode]).toEqual([undefined, expect.stringContaining(words), 2]);
  });
});
