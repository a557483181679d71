import { describe, expect, test, vi } from "vitest";
import { type Command, registerCommands } from "../../../src/control/cli.ts";
import type { Prune } from "../../../src/control/prune.ts";
import { createSessionsCommand } from "../../../src/control/sessions-command.ts";

const dayMs = 24 * 3_600_000;

/** Runs `passthrough sessions prune` with these options, over the defaults that it gives for them. */
async function run(options: Readonly<Record<string, unknown>> = {}) {
  const defaults: Record<string, unknown> = {};
  const names: string[] = [];
  let action: ((...parameters: never[]) => Promise<void>) | undefined;
  const command: Command = {
    command(name) {
      names.push(name);
      return command;
    },
    description: () => command,
    option(flags, _text, standard) {
      if (flags.startsWith("--older-than")) {
        defaults["olderThan"] = standard;
      }
      return command;
    },
    action(given) {
      action = given as unknown as typeof action;
      return command;
    },
  };
  const prune = vi.fn<Prune>(async ({ dryRun }) => ({ dryRun, kinds: [] }));
  const terminal = {
    print: vi.fn<(text: string) => void>(),
    fail: vi.fn<(text: string) => void>(),
  };
  registerCommands(command, [createSessionsCommand(prune)], terminal);
  expect(names).toEqual(["passthrough", "sessions", "prune"]);
  await action?.({ ...defaults, ...options } as never);
  return { request: prune.mock.calls[0]?.[0], print: terminal.print, fail: terminal.fail };
}

describe("the command", () => {
  test("means both kinds and a day where nothing is said", async () => {
    expect((await run()).request).toEqual({
      ttlsMs: { "model-run": dayMs, "http-one-shot": dayMs },
      dryRun: false,
    });
  });

  test("passes on what is said", async () => {
    const options = { kind: "http-one-shot", olderThan: "90s", dryRun: true, json: true };
    const { request, print } = await run(options);
    expect(request).toEqual({ ttlsMs: { "http-one-shot": 90_000 }, dryRun: true });
    expect(JSON.parse(print.mock.calls[0]?.[0] ?? "")).toEqual({ dryRun: true, kinds: [] });
  });

  test.each([
    [{ kind: "cron" }, '"cron" is no kind of session: write model-run or http-one-shot'],
    [{ olderThan: "soon" }, '"soon" is no duration'],
  ])("refuses %j before anything is removed", async (options, words) => {
    const { request, fail } = await run(options);
    expect(request).toBeUndefined();
    expect(fail).toHaveBeenCalledWith(expect.stringContaining(words));
  });
});
