import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readFileFacts } from "../../../src/doctor/file-facts.ts";

async function stateFolder() {
  const folder = await mkdtemp(join(tmpdir(), "openclaw-passthrough-files-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

test("there is nothing to say of files that do not exist", async () => {
  expect(await readFileFacts(await stateFolder())).toEqual([]);
});

test("the folder and the files are described by their rights and their owner", async () => {
  const state = await stateFolder();
  const folder = join(state, "passthrough");
  await mkdir(folder, { mode: 0o700 });
  await writeFile(join(folder, "keys.json"), "{}", { mode: 0o600 });
  await writeFile(join(folder, "usage.json"), "{}");
  await chmod(join(folder, "usage.json"), 0o644);
  const own = { isOwn: true, isUsable: true };
  expect(await readFileFacts(state)).toEqual([
    { ...own, path: folder, kind: "folder", mode: 0o700 },
    { ...own, path: join(folder, "keys.json"), kind: "keys", mode: 0o600 },
    { ...own, path: join(folder, "usage.json"), kind: "usage", mode: 0o644 },
  ]);
});
