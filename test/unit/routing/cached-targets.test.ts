import { expect, test } from "vitest";
import { cachedTargets } from "../../../src/routing/cached-targets.ts";

test("made-up model names do not evict allowlisted models from the cache", async () => {
  const resolved: string[] = [];
  const snapshot = {};
  const directTarget = cachedTargets(
    () => snapshot,
    async (agentId, modelRef) => {
      resolved.push(modelRef);
      if (modelRef.startsWith("none/")) {
        throw new Error("there is no such model");
      }
      return { agentId, modelRef, namedBy: "client", isListed: modelRef.startsWith("local/") };
    },
  );
  const name = (modelRef: string) => directTarget("main", modelRef, false).catch(() => undefined);
  await name("local/m1");
  await name("other/unlisted");
  await name("none/x");
  await name("local/m1");
  await name("other/unlisted");
  await name("none/x");
  expect(resolved).toEqual(["local/m1", "other/unlisted", "none/x", "none/x"]);
  for (let at = 0; at < 2000; at += 1) {
    await name(`other/made-up-${at}`);
  }
  resolved.length = 0;
  await name("local/m1");
  await name("other/unlisted");
  expect(resolved).toEqual(["other/unlisted"]);
});
