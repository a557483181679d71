import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { StoredKeys } from "../../../src/config/schema.ts";
import { changeKeyFile } from "../../../src/access/key-file.ts";
import { createKeyText, keyDigest } from "../../../src/access/key-text.ts";
import { createLiveKeys } from "../../../src/access/live-keys.ts";
import { createWatchedKeyFile } from "../../../src/access/watched-key-file.ts";

const key = (id: string, text: string): StoredKeys[string] => ({
  id,
  sha256: keyDigest(text).toString("hex"),
  modes: ["passthrough"],
});
const [text, other] = [createKeyText(), createKeyText()];

let folder = "";
const path = () => join(folder, "keys.json");
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "openclaw-passthrough-live-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});
const change = (to: (keys: StoredKeys) => void) => changeKeyFile(path(), to);

/** The live keys of a gateway whose config is an object. */
function liveKeys(declared: StoredKeys = {}) {
  let config = declared;
  const live = createLiveKeys({
    declared: () => config,
    file: createWatchedKeyFile(path),
    path,
  });
  return {
    live,
    nameOf: (of: string) => live.directory().find(of)?.name,
    reload(next: StoredKeys) {
      config = next;
    },
  };
}

describe("the keys of a gateway", () => {
  test("are the current keys of its config and of the key file", async () => {
    const { live, nameOf, reload } = liveKeys({ declared: key("k1", text) });
    await live.refresh();
    expect([nameOf(text), nameOf(other)]).toEqual(["declared", undefined]);
    await change((keys) => {
      keys["made"] = key("k2", other);
    });
    await live.refresh();
    expect([nameOf(text), nameOf(other)]).toEqual(["declared", "made"]);
    reload({});
    expect([nameOf(text), nameOf(other)]).toEqual([undefined, "made"]);
    await change((keys) => {
      delete keys["made"];
    });
    await live.refresh();
    expect(nameOf(other)).toBeUndefined();
    expect(live.problems()).toEqual([]);
  });

  test("share one directory until something changes", async () => {
    const { live, reload } = liveKeys();
    await live.refresh();
    const before = live.directory();
    await live.refresh();
    expect(live.directory()).toBe(before);
    reload({});
    expect(live.directory()).not.toBe(before);
  });

  test("stay unchanged while the file is corrupt, until it is valid again", async () => {
    const { live, nameOf } = liveKeys();
    await change((keys) => {
      keys["made"] = key("k1", text);
    });
    await live.refresh();
    await writeFile(path(), '{"version":1,"keys":{');
    await live.refresh();
    expect(nameOf(text)).toBe("made");
    expect(live.problems()).toEqual([
      {
        path: path(),
        problem: expect.stringContaining("not complete JSON"),
        fix: expect.stringContaining("Repair the file"),
      },
    ]);
    await writeFile(path(), '{"version":1,"keys":{}}');
    await live.refresh();
    expect(nameOf(text)).toBeUndefined();
    expect(live.problems()).toEqual([]);
  });

  test("lose the keys of the file when the file is removed", async () => {
    const { live, nameOf } = liveKeys();
    await change((keys) => {
      keys["made"] = key("k1", text);
    });
    await live.refresh();
    await rm(path());
    await live.refresh();
    expect([nameOf(text), live.problems()]).toEqual([undefined, []]);
  });
});

describe("a name in the config and in the file", () => {
  test("means the config's key, and is reported as a problem that names both", async () => {
    const { live, nameOf } = liveKeys({ bot: key("k1", text) });
    await change((keys) => {
      keys["bot"] = key("k2", other);
    });
    await live.refresh();
    expect([nameOf(text), nameOf(other)]).toEqual(["bot", undefined]);
    expect(live.problems()).toEqual([
      {
        path: "plugins.entries.passthrough.config.keys.bot",
        problem: expect.stringContaining(path()),
        fix: expect.stringContaining("Remove one of them"),
      },
    ]);
  });

  test("is not a problem if it is the same key (an import in progress)", async () => {
    const { live, nameOf, reload } = liveKeys({ bot: key("k1", text) });
    await change((keys) => {
      keys["bot"] = key("k1", text);
    });
    await live.refresh();
    expect([nameOf(text), live.problems()]).toEqual(["bot", []]);
    reload({});
    expect(nameOf(text)).toBe("bot");
  });
});
