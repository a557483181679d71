import { expect, test } from "vitest";
import { hostImports, unknownImports } from "../../../scripts/host-imports.ts";

test("finds a named import that an older host lacks, on one line or several", () => {
  const bundle = [
    'import * as routing from "openclaw/plugin-sdk/routing";',
    'import { join } from "node:path";',
    'import { resolveAgentDir as dir, listAgentIds } from "openclaw/plugin-sdk/agent-runtime";',
    "import {\n  deleteSessionEntry,\n  resolveStorePath\n} from 'openclaw/plugin-sdk/session-store-runtime';",
  ].join("\n");
  expect(hostImports(bundle)).toHaveLength(4);
  expect(unknownImports(bundle)).toEqual([
    { module: "plugin-sdk/session-store-runtime", name: "deleteSessionEntry" },
  ]);
});

test("finds the imports of a minified bundle, which follow one another on a line", () => {
  const bundle =
    'import{join as a}from"node:path";import{listAgentIds as b}from"openclaw/plugin-sdk/agent-runtime";function c(){}' +
    'import{deleteSessionEntry as d,\nresolveStorePath as e}from"openclaw/plugin-sdk/session-store-runtime";';
  expect(hostImports(bundle).map(({ name }) => name)).toEqual([
    "listAgentIds",
    "deleteSessionEntry",
    "resolveStorePath",
  ]);
});
