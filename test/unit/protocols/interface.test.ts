/** The folders that serve every protocol import no particular one. */
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openAiChat } from "../../../src/protocols/openai-chat/protocol.ts";
import { protocolOf } from "../../../src/protocols/protocols.ts";

test.each(["upstream", "sessions", "modes", "http", "quota", "agent"])(
  "%s imports from no protocol's folder",
  (room) => {
    const cwd = fileURLToPath(new URL(`../../../src/${room}`, import.meta.url));
    const files = globSync("**/*.ts", { cwd });
    expect(files).not.toHaveLength(0);
    for (const file of files) {
      const imports = readFileSync(`${cwd}/${file}`, "utf8").match(/protocols\/[^"]+/g) ?? [];
      expect(imports).toEqual(imports.filter((path) => !path.slice(10).includes("/")));
    }
  },
);

test("looks a protocol up by the host's API name", () => {
  expect(protocolOf("openai-completions")).toBe(openAiChat);
  expect(protocolOf("unheard-of")).toBeUndefined();
  expect(protocolOf(undefined)).toBeUndefined();
});
