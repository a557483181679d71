import { expect, onTestFinished, test } from "vitest";
import { type HostSnapshot, watchSnapshot } from "../../../src/plane/host-snapshot.ts";
import { stopClock } from "../../support/clock.ts";
import { fakeHost } from "../../support/relay-server.ts";

/** A host whose config the test changes, and its watched snapshots. */
function watchedHost() {
  const clock = stopClock();
  const source = fakeHost({ models: ["a/m1"], providers: {} });
  const facts = {
    config: source.config(),
    gatewayConfig: source.gatewayConfig(),
    isVerbose: false,
    fails: false,
  };
  const host = {
    ...source,
    config() {
      if (facts.fails) {
        throw new Error("the config cannot be read");
      }
      return facts.config;
    },
    gatewayConfig: () => facts.gatewayConfig,
    isVerbose: () => facts.isVerbose,
  };
  const pushed: HostSnapshot[] = [];
  const watch = watchSnapshot(host, (snapshot) => pushed.push(snapshot));
  onTestFinished(watch.stop);
  return { facts, watch, pushed, pass: clock.pass };
}

test("the snapshot stays the same object while nothing changes", async () => {
  const { watch, pushed, pass } = watchedHost();
  const first = watch.current();
  await pass(1000);
  watch.look();
  expect(watch.current()).toBe(first);
  expect(pushed).toEqual([]);
});

test("a change of the plugin's own part keeps the gateway's revision", async () => {
  const { facts, watch, pushed, pass } = watchedHost();
  const { gatewayRevision } = watch.current();
  facts.config = { ...facts.config, maxBodyBytes: 4096 };
  await pass(100);
  expect(pushed).toMatchObject([{ gatewayRevision, config: { maxBodyBytes: 4096 } }]);
  expect(watch.current()).toBe(pushed[0]);
});

test("any other change of the gateway's config is a new revision, as the next one is", async () => {
  const { facts, watch, pushed, pass } = watchedHost();
  const { gatewayRevision } = watch.current();
  const changed = () => {
    // The host reads the plugin's part again with the rest.
    facts.config = { ...facts.config };
    facts.gatewayConfig = {};
  };
  changed();
  await pass(100);
  changed();
  await pass(100);
  expect(pushed.map((snapshot) => snapshot.gatewayRevision)).toEqual([
    gatewayRevision + 1,
    gatewayRevision + 2,
  ]);
});

test("the gateway's log level is pushed, and a look does not wait for the timer", () => {
  const { facts, watch, pushed } = watchedHost();
  facts.isVerbose = true;
  watch.look();
  expect(pushed).toMatchObject([{ isVerbose: true }]);
});

test("a host that cannot read its config keeps the last snapshot, until it can", async () => {
  const { facts, watch, pushed, pass } = watchedHost();
  const first = watch.current();
  facts.fails = true;
  facts.config = { ...facts.config, maxBodyBytes: 4096 };
  await pass(1000);
  watch.look();
  expect(watch.current()).toBe(first);
  expect(pushed).toEqual([]);
  facts.fails = false;
  await pass(100);
  expect(pushed).toMatchObject([{ config: { maxBodyBytes: 4096 } }]);
});

test("a stopped watch looks no more", async () => {
  const { facts, watch, pushed, pass } = watchedHost();
  watch.stop();
  facts.config = { ...facts.config };
  await pass(1000);
  expect(pushed).toEqual([]);
});
