import { describe, expect, test } from "vitest";
import { cachedCredentials } from "../../../src/upstream/cached-credentials.ts";
import type { Credential } from "../../../src/upstream/credentials.ts";
import { fakeHost } from "../../support/relay-server.ts";

const key = (value: string): Credential => ({ source: "p0", value });

/** Cached credentials of a host whose answers the test gives, with a clock that it moves. */
async function cached(options: { readonly sendsKey?: boolean } = {}) {
  const host = fakeHost({
    models: ["a/m1"],
    providers: { a: "http://127.0.0.1:1" },
    route: options,
  });
  const route = await host.route({ agentId: "main", modelRef: "a/m1", namedBy: "agent" });
  const asked: PromiseWithResolvers<Credential>[] = [];
  const clock = { nowMs: 0 };
  const credentials = cachedCredentials(
    {
      credential() {
        const answer = Promise.withResolvers<Credential>();
        asked.push(answer);
        return answer.promise;
      },
      nextCredential: async () => ({ source: "p1", value: "of the next profile" }),
    },
    () => clock.nowMs,
  );
  return {
    asked,
    clock,
    credential: () => credentials.credential(route),
    next: (...tried: string[]) => credentials.nextCredential(route, new Set(tried)),
    /** Answers the latest question. */
    async answer(value: string) {
      asked.at(-1)?.resolve(key(value));
      await settled();
    },
  };
}

/** Resolves when all callbacks of settled promises have run. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("a fresh credential is used without asking, and requests at the same time ask once", async () => {
  const { asked, clock, credential, answer } = await cached();
  const both = Promise.all([credential(), credential()]);
  await answer("k0");
  expect(await both).toEqual([key("k0"), key("k0")]);
  clock.nowMs = 4999;
  expect(await credential()).toEqual(key("k0"));
  expect(asked).toHaveLength(1);
});

test("an older one is used while the current one is asked for, once", async () => {
  const { asked, clock, credential, answer } = await cached();
  void credential();
  await answer("k0");
  clock.nowMs = 5000;
  expect(await credential()).toEqual(key("k0"));
  expect(await credential()).toEqual(key("k0"));
  expect(asked).toHaveLength(2);
  await answer("k1");
  expect(await credential()).toEqual(key("k1"));
  clock.nowMs = 9999;
  expect(await credential()).toEqual(key("k1"));
  expect(asked).toHaveLength(2);
});

test("an expired one is not used: the request waits for the current one", async () => {
  const { clock, credential, answer } = await cached();
  void credential();
  await answer("k0");
  clock.nowMs = 60_000;
  const waiting = credential();
  await answer("k1");
  expect(await waiting).toEqual(key("k1"));
});

test("a route that sends no key has none, and nobody is asked", async () => {
  const { asked, credential } = await cached({ sendsKey: false });
  expect(await credential()).toEqual({ source: "config", value: undefined });
  expect(asked).toEqual([]);
});

describe("after a refusal", () => {
  test("a changed current credential is tried once, then the next one", async () => {
    const { asked, credential, next, answer } = await cached();
    void credential();
    await answer("k0");
    const second = next("p0");
    await settled();
    await answer("k1");
    expect(await second).toEqual(key("k1"));
    expect(await credential()).toEqual(key("k1"));
    const third = next("p0");
    await settled();
    await answer("k1");
    expect(await third).toEqual({ source: "p1", value: "of the next profile" });
    expect(asked).toHaveLength(3);
  });

  test("an unchanged one is not tried again", async () => {
    const { credential, next, answer } = await cached();
    void credential();
    await answer("k0");
    const second = next("p0");
    await settled();
    await answer("k0");
    expect(await second).toEqual({ source: "p1", value: "of the next profile" });
  });

  test("of another credential, nobody is asked for the current one", async () => {
    const { asked, credential, next, answer } = await cached();
    void credential();
    await answer("k0");
    expect(await next("p7")).toEqual({ source: "p1", value: "of the next profile" });
    expect(asked).toHaveLength(1);
  });
});

describe("a failure", () => {
  test("is not kept: the next request asks again", async () => {
    const { asked, credential, answer } = await cached();
    const failing = credential();
    asked[0]?.reject(new Error("locked"));
    await expect(failing).rejects.toThrow("locked");
    const again = credential();
    await answer("k0");
    expect(await again).toEqual(key("k0"));
  });

  test("beside a request forgets the credential: it may have been withdrawn", async () => {
    const { asked, clock, credential, answer } = await cached();
    void credential();
    await answer("k0");
    clock.nowMs = 5000;
    expect(await credential()).toEqual(key("k0"));
    asked[1]?.reject(new Error("withdrawn"));
    await settled();
    const again = credential();
    expect(asked).toHaveLength(3);
    await answer("k1");
    expect(await again).toEqual(key("k1"));
  });
});

test("a late answer does not replace a credential that was asked for later", async () => {
  const { asked, clock, credential, next } = await cached();
  void credential();
  asked[0]?.resolve(key("k0"));
  await settled();
  clock.nowMs = 5000;
  // Asks beside; the provider refuses before the answer is here.
  await credential();
  const current = next("p0");
  await settled();
  asked[2]?.resolve(key("k2"));
  expect(await current).toEqual(key("k2"));
  asked[1]?.resolve(key("k0"));
  await settled();
  expect(await credential()).toEqual(key("k2"));
});
