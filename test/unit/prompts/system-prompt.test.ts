import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { resolveConfig } from "../../../src/config/resolve.ts";
import { systemPrompt } from "../../../src/prompts/system-prompt.ts";
import { createWorkspaceFiles } from "../../../src/prompts/workspace-files.ts";

let folder: string;
let workspace: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "openclaw-passthrough-prompt-"));
  workspace = join(folder, "workspace");
  await mkdir(workspace);
});
afterEach(() => rm(folder, { recursive: true }));

const files = createWorkspaceFiles();
const prompt = (config: Record<string, unknown> = {}) =>
  systemPrompt(files, resolveConfig(config), { id: "voice", workspace });
const write = (name: string, text: string) => writeFile(join(workspace, name), text);
const named = (systemPromptOfAgent: unknown) => ({
  agents: { voice: { http: { systemPrompt: systemPromptOfAgent } } },
});
const unavailable = expect.objectContaining({ code: "prompt_unavailable" });

describe("the system prompt", () => {
  test("consists of the existing files, in the configured order", async () => {
    expect(await prompt()).toBeUndefined();
    await write("IDENTITY.md", "  I am Ada.\n");
    expect(await prompt()).toBe("I am Ada.");
    await write("SOUL.md", "Be kind.\n");
    expect(await prompt()).toBe("Be kind.\n\nI am Ada.");
    expect(await prompt({ light: { files: ["IDENTITY.md", "SOUL.md"] } })).toBe(
      "I am Ada.\n\nBe kind.",
    );
  });

  test("is the agent's configured text or file, if there is one", async () => {
    await write("SOUL.md", "Be kind.");
    await write("voice.md", "Two sentences.");
    expect(await prompt(named("You are Ada."))).toBe("You are Ada.");
    expect(await prompt(named({ file: "voice.md" }))).toBe("Two sentences.");
    await expect(prompt(named({ file: "gone.md" }))).rejects.toThrow(unavailable);
  });

  test("changes when a file changes", async () => {
    await write("SOUL.md", "one");
    expect(await prompt()).toBe("one");
    await write("SOUL.md", "two!");
    expect(await prompt()).toBe("two!");
  });

  test("cannot come from outside the workspace, by path or symlink", async () => {
    await writeFile(join(folder, "secret.md"), "secret");
    await symlink(join(folder, "secret.md"), join(workspace, "SOUL.md"));
    await expect(prompt()).rejects.toThrow(unavailable);
    await expect(prompt(named({ file: "../secret.md" }))).rejects.toThrow(unavailable);
    await rm(join(workspace, "SOUL.md"));
    await symlink(folder, join(workspace, "up"));
    await expect(prompt(named({ file: "up/secret.md" }))).rejects.toThrow(unavailable);
  });

  test("cannot be larger than 64 KiB, or a folder", async () => {
    await write("SOUL.md", "x".repeat(64 * 1024 + 1));
    await expect(prompt()).rejects.toThrow(unavailable);
    await rm(join(workspace, "SOUL.md"));
    await mkdir(join(workspace, "SOUL.md"));
    await expect(prompt()).rejects.toThrow(unavailable);
  });
});
