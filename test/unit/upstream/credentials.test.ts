import { describe, expect, test } from "vitest";
import { RelayError } from "../../../src/errors.ts";
import { createCredentials } from "../../../src/upstream/credentials.ts";
import type { Subscriber } from "../../../src/telemetry/events.ts";
import { fakeHost } from "../../support/relay-server.ts";

const unauthorized = () => new RelayError("upstream_unauthorized", "no", { providerStatus: 401 });

/** Credentials of a provider that refuses the `bad` keys, with a clock that the test advances. */
async function refusing(keys: readonly string[], bad: readonly string[], failure = unauthorized) {
  const host = fakeHost({ models: ["a/m1"], providers: { a: "http://127.0.0.1:1" }, keys });
  const route = await host.route({ agentId: "main", modelRef: "a/m1", namedBy: "agent" });
  const events: Parameters<Subscriber>[0][] = [];
  const tried: unknown[] = [];
  const skipped: (number | undefined)[] = [];
  const clock = { nowMs: 1000 };
  const credentials = createCredentials({
    host,
    publish: (event) => events.push(event),
    now: () => clock.nowMs,
  });
  const use = () =>
    credentials.use(route, {
      attempt: async (value) => {
        tried.push(value);
        if (bad.includes(String(value))) {
          throw failure();
        }
        return value;
      },
      onSkip: ({ retryAfterMs }) => skipped.push(retryAfterMs),
    });
  return { credentials, use, events, tried, skipped, clock };
}

describe("a credential after a 401", () => {
  test("is skipped for a minute and then tried again; the operator is notified once a minute", async () => {
    const { use, events, tried, skipped, clock } = await refusing(["k0", "k1"], ["k0"]);
    expect(await use()).toBe("k1");
    clock.nowMs += 19_000;
    expect(await use()).toBe("k1");
    expect(tried).toEqual(["k0", "k1", "k1"]);
    expect(skipped).toEqual([41_000]);
    const told = { kind: "credential-refused", provider: "a", source: "p0", status: 401 };
    expect(events).toEqual([told]);
    clock.nowMs += 41_000;
    expect(await use()).toBe("k1");
    expect(tried).toEqual(["k0", "k1", "k1", "k0", "k1"]);
    expect(events).toEqual([told, told]);
  });

  test("is listed with its source and remaining time, without its value", async () => {
    const { credentials, use, clock } = await refusing(["k0", "k1"], ["k0"]);
    await use();
    clock.nowMs += 20_000;
    await use();
    expect(credentials.refused()).toEqual([
      { provider: "a", source: "p0", status: 401, leftMs: 40_000, skipped: 1 },
    ]);
    clock.nowMs += 40_000;
    expect(credentials.refused()).toEqual([]);
  });

  test("fails with the remaining wait if there is no other, without a request", async () => {
    const { use, tried, clock } = await refusing(["k0", "k1"], ["k0", "k1"]);
    await expect(use()).rejects.toMatchObject({ code: "upstream_unauthorized" });
    clock.nowMs += 30_000;
    await expect(use()).rejects.toMatchObject({
      code: "credential_refused",
      retryAfterMs: 30_000,
      headers: { "retry-after": "30" },
      answer: undefined,
    });
    expect(tried).toEqual(["k0", "k1"]);
  });
});

test("a credential after a 403 is tried first again by the next request; the operator is notified once a minute", async () => {
  const forbidden = () => new RelayError("upstream_forbidden", "no", { providerStatus: 403 });
  const { credentials, use, tried, events, clock } = await refusing(
    ["k0", "k1"],
    ["k0"],
    forbidden,
  );
  await use();
  await use();
  expect(tried).toEqual(["k0", "k1", "k0", "k1"]);
  expect(credentials.refused()).toEqual([]);
  expect(events).toMatchObject([{ source: "p0", status: 403 }]);
  clock.nowMs += 60_000;
  await use();
  expect(events).toHaveLength(2);
});
