/**
 * Answers that break their own wire: events that are missing, repeated, out of order or cut, and any value in any place. No
 * request hangs or fails within the relay, and no prototype changes. `FUZZ_RUNS` in the environment tries more of them.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseRecord } from "../../../src/text/json.ts";
import { call } from "../../support/client.ts";
import { prototypes } from "../../support/prototypes.ts";
import { type Behaviour, type Provider, startProvider } from "../../support/provider.ts";
import { fakeHost, type RelayServer, startRelayServer } from "../../support/relay-server.ts";
import type { Scene } from "../../support/wires/scene.ts";
import { scriptedWires } from "../../support/wires/wires.ts";

const runs = Number(process.env["FUZZ_RUNS"] ?? 150);

/** Has something of everything. */
const scene: Scene = {
  think: ["Hm.", " So."],
  signature: "c2ln",
  say: ["Hel", "lo"],
  calls: [
    { id: "call_a", name: "weather", arguments: ['{"city":', '"Rome"}'] },
    { id: "call_b", name: "now", arguments: [] },
  ],
  usage: { input: 30, output: 20, cacheRead: 5, reasoning: 3 },
};

const hostileValue = fc.oneof(
  fc.constantFrom<unknown>(null, true, -1, 1e308, 0.5, "", "__proto__", "constructor", [], {}),
  fc.constant(JSON.parse(`${"[".repeat(300)}1${"]".repeat(300)}`)),
  fc.constant("x".repeat(100_000)),
  fc.json({ maxDepth: 3 }).map((text) => JSON.parse(text) as unknown),
);

/** One change of a list of events. `at` and `where` choose the event and the place within it, as shares. */
const change = fc.record({
  kind: fc.constantFrom("drop", "repeat", "swap", "cut", "garble", "value", "value", "value"),
  at: fc.double({ min: 0, max: 0.999, noNaN: true }),
  where: fc.double({ min: 0, max: 0.999, noNaN: true }),
  value: hostileValue,
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function changed(events: readonly string[], { kind, at, where, value }: Change): string[] {
  const index = Math.floor(at * events.length);
  const event = events[index];
  if (event === undefined) {
    return [...events];
  }
  const replaced = (by: readonly string[]) => events.toSpliced(index, 1, ...by);
  switch (kind) {
    case "drop":
      return replaced([]);
    case "repeat":
      return replaced([event, event]);
    case "swap":
      return [...replaced([]), event];
    case "cut":
      return events.slice(0, index);
    case "garble":
      return replaced([event.replaceAll(/["}]/g, (mark) => (where < 0.5 ? "" : `${mark}x`))]);
    default:
      return replaced([withValue(event, where, value)]);
  }
}

/** The event with another value in one place of its JSON. */
function withValue(event: string, where: number, value: unknown): string {
  const start = event.indexOf("{");
  const end = event.lastIndexOf("}") + 1;
  const root = parseRecord(event.slice(Math.max(start, 0), end));
  // `[DONE]`, or an event that another change has garbled.
  if (root === undefined) {
    return event;
  }
  const places: { readonly holder: Record<string, unknown>; readonly name: string }[] = [];
  const visit = (holder: unknown) => {
    if (typeof holder === "object" && holder !== null) {
      for (const [name, inner] of Object.entries(holder)) {
        places.push({ holder: holder as Record<string, unknown>, name });
        visit(inner);
      }
    }
  };
  visit(root);
  const place = places[Math.floor(where * places.length)];
  if (place !== undefined) {
    place.holder[place.name] = value;
  }
  return event.slice(0, start) + JSON.stringify(root) + event.slice(end);
}

describe.each(scriptedWires.map((wire) => [wire.api, wire] as const))("%s", (_api, wire) => {
  let provider: Provider;
  let relay: RelayServer;

  beforeAll(async () => {
    provider = await startProvider();
    relay = await startRelayServer(
      fakeHost({
        models: ["a/m1", "b/m2"],
        providers: { a: wire.baseUrl(provider.baseUrl), b: provider.baseUrl },
        apis: { a: wire.api },
        config: {
          upstream: { retries: 0, breaker: { failures: 1000 }, firstTokenTimeoutMs: 2000 },
        },
      }),
    );
  });
  afterAll(async () => {
    await relay.close();
    await provider.close();
  });

  const answering =
    (events: readonly string[]): Behaviour =>
    ({ response }) => {
      response.writeHead(200, { "content-type": wire.contentType });
      response.end(events.join(""));
    };

  test(`survives ${runs} answers that break the wire`, async () => {
    const before = prototypes();
    const events = wire.events(scene);
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (changes, stream) => {
          const played = changes.reduce<readonly string[]>(changed, events);
          provider.behave("m1", answering(played));
          provider.forget();
          const { status, body } = await call(`${relay.url}/v1/chat/completions`, {
            body: { messages: [{ role: "user", content: "hi" }], stream },
          });
          // The second target is healthy, so a broken answer either falls back or ends with an error event.
          expect(status).toBeLessThan(500);
          const text = body.toString();
          expect(text).toMatch(stream ? /\[DONE\]|"error"/ : /^\{/);
          expect(prototypes()).toEqual(before);
        },
      ),
      { numRuns: runs, endOnFailure: true },
    );
    expect(relay.log.join("\n")).not.toContain("internal_error");
  });
});
