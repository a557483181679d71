import { describe, expect, test, vi } from "vitest";
import type { Prune } from "../../../src/prune/prune.ts";
import type { GatewayCall } from "../../../src/control/gateway-call.ts";
import { createPruneMethod, createPruneWhereItBelongs } from "../../../src/prune/calls.ts";

const request = { ttlsMs: { "model-run": 1000 }, dryRun: true };
const report = { dryRun: true, kinds: [] };

describe("the command", () => {
  test("lets a running gateway do the work", async () => {
    const here = vi.fn<Prune>();
    const call = vi.fn<GatewayCall>(async () => ({ kind: "answer", payload: report }));
    expect(await createPruneWhereItBelongs(call, here)(request)).toEqual(report);
    expect(call).toHaveBeenCalledWith("passthrough.sessions.prune", request);
    expect(here).not.toHaveBeenCalled();
  });

  test("does the work itself without a gateway", async () => {
    const here = vi.fn<Prune>(async () => report);
    const prune = createPruneWhereItBelongs(async () => ({ kind: "no-gateway" }), here);
    expect(await prune(request)).toEqual(report);
  });

  test("does not do the work itself if the gateway refuses", async () => {
    const here = vi.fn<Prune>();
    const refuse = () => Promise.reject(new Error("unauthorized"));
    await expect(createPruneWhereItBelongs(refuse, here)(request)).rejects.toThrow("unauthorized");
    expect(here).not.toHaveBeenCalled();
  });

  test("asks for a restart if the gateway runs another version of the plugin", async () => {
    const call = async () => ({ kind: "answer", payload: { removed: 3 } }) as const;
    await expect(createPruneWhereItBelongs(call, vi.fn<Prune>())(request)).rejects.toThrow(
      /restart the gateway/,
    );
  });
});

test.each([
  undefined,
  {},
  { ttlsMs: {}, dryRun: "no" },
  { ttlsMs: { cron: 1000 }, dryRun: true },
  { ttlsMs: { "model-run": 0 }, dryRun: true },
  { ttlsMs: { "model-run": 1000 }, dryRun: true, force: true },
])("the gateway's method rejects %j", async (parameters) => {
  const prune = vi.fn<Prune>();
  await expect(createPruneMethod(prune)(parameters)).rejects.toThrow(/parameters are invalid/);
  expect(prune).not.toHaveBeenCalled();
});
