/** docs/architecture.md leads along one streaming request: through the files that run, and no others. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { architectureFile } from "../../scripts/rooms.ts";

const script = fileURLToPath(new URL("../support/walk.ts", import.meta.url));
const walk =
  /<!-- walk -->\n([^]*)<!-- \/walk -->/.exec(readFileSync(architectureFile, "utf8"))?.[1] ?? "";
const filesIn = (pattern: RegExp) => [...walk.matchAll(pattern)].map(([, file]) => file);

test("the page names at most 20 files in order, and with them every file that runs", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [script]);
  const inOrder = filesIn(/^\d+\. `(src\/[^`]+)`/gm);
  const onTheWay = filesIn(/^\| `(src\/[^`]+)`/gm);
  expect(inOrder.length).toBeLessThanOrEqual(20);
  const named = [...inOrder, ...onTheWay];
  expect(named).toHaveLength(new Set(named).size);
  expect(new Set(named)).toEqual(new Set(JSON.parse(stdout)));
});
