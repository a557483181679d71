/** What every view of the command line owes its reader: 80 columns, and nothing that a terminal would obey. */
import { Value } from "@sinclair/typebox/value";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { GatewayStatus, RelayStatus } from "../../../src/console/ask.ts";
import {
  gatewaySchema,
  relaySchema,
  requestListSchema,
  requestSchema,
} from "../../../src/console/contract.ts";
import { describeKeysNow, keysNow } from "../../../src/console/describe-keys-now.ts";
import { describeRequests, requestsHeader } from "../../../src/console/describe-requests.ts";
import { describeSessions } from "../../../src/console/describe-sessions.ts";
import { describeStatus } from "../../../src/console/describe-status.ts";
import { describeTargets } from "../../../src/console/describe-targets.ts";
import { describeTrace } from "../../../src/console/describe-trace.ts";
import { createScreen, type Screen } from "../../../src/console/screen.ts";
import type { RequestList, RequestView } from "../../../src/telemetry/views.ts";
import { arbitraryOf } from "../../support/arbitrary-answers.ts";
import { planeProblems } from "../../../src/doctor/plane-problems.ts";
import { busyRelay, gatewayStatus, relayStatus, unknownAgent } from "../../support/status-views.ts";

const file = createScreen({}, undefined);
const relays = arbitraryOf(relaySchema) as fc.Arbitrary<RelayStatus>;
const gateways = arbitraryOf(gatewaySchema) as fc.Arbitrary<GatewayStatus>;
const requests = arbitraryOf(requestSchema) as fc.Arbitrary<RequestView>;

const line = (name: string) => ({
  name,
  place: "file" as const,
  state: "active" as const,
  key: { id: name, modes: ["light" as const], budgetUsdPerDay: 3 },
  usage: [],
});

const views: Readonly<Record<string, fc.Arbitrary<(screen: Screen) => string>>> = {
  status: fc.tuple(gateways, fc.option(relays, { nil: undefined })).map(
    ([gateway, relay]) =>
      (screen: Screen) =>
        describeStatus({ ...gateway, relay }, screen),
  ),
  targets: relays.map((relay) => (screen: Screen) => describeTargets(relay, screen)),
  sessions: relays.map((relay) => (screen: Screen) => describeSessions(relay, screen)),
  keys: relays.map(
    (relay) => (screen: Screen) =>
      describeKeysNow(
        keysNow([...relay.keys.slice(0, 3).map(({ key }) => line(key)), line("unused")], relay),
        screen,
      ),
  ),
  requests: (arbitraryOf(requestListSchema) as fc.Arbitrary<RequestList>).map(
    (list) => (screen: Screen) =>
      [requestsHeader(screen), ...describeRequests(list.requests, screen)].join("\n"),
  ),
  trace: requests.map((view) => (screen: Screen) => describeTrace(view, screen)),
};

describe.each(Object.entries(views))(
  "%s, of whatever a gateway may answer,",
  (_name, arbitrary) => {
    test("fits 80 columns and has no character that a terminal obeys", () => {
      fc.assert(
        fc.property(arbitrary, (show) => {
          const shown = show(file);
          expect(shown).toMatch(/^[\x20-\x7e\n…░█×]*$/);
          expect(shown.split("\n").filter((row) => row.length > 80)).toEqual([]);
        }),
        { numRuns: 60 },
      );
    });

    test("has no escape codes on a terminal but those of its own colours", () => {
      const terminal = createScreen({ isTTY: true, columns: 100, rows: 40 }, undefined);
      fc.assert(
        fc.property(arbitrary, (show) => {
          // oxlint-disable-next-line no-control-regex -- these are what must not be there.
          expect(show(terminal).replaceAll(/\x1b\[(?:1|2|22|3[123]|39)m/g, "")).toMatch(
            /^[\x20-\x7e\n…░█×]*$/,
          );
        }),
        { numRuns: 30 },
      );
    });
  },
);

test("the schemas know what a relay reports", async () => {
  const relay = await busyRelay();
  expect([...Value.Errors(relaySchema, JSON.parse(JSON.stringify(relay)))]).toEqual([]);
});

describe("the status", () => {
  const parts = async (relay: RelayStatus, more: Partial<GatewayStatus> = {}) =>
    describeStatus(gatewayStatus(relay, more), file).split("\n");

  test("says in one line that there are no problems, and shows no empty table", async () => {
    expect(await parts(await relayStatus())).toEqual([
      expect.stringMatching(/^The relay: serving, mode passthrough, OpenClaw 2026\.9\.6, for /),
      "No problems.",
      "",
      "Requests, and failures by whose fault they were",
      "            requests  client  provider  relay  disconnects  first p50/p99",
      "in all             0       0         0      0            0              -",
      "last 5 min         0                 0      0                           -",
      "Now 0 open, 0 streaming; in all 0 retries, 0 fallbacks, $0",
    ]);
  });

  test("begins with the problems, errors first, each with what to do", async () => {
    const lines = await parts(await busyRelay(), { problems: [unknownAgent] });
    expect(lines[1]).toBe("5 problems");
    const headings = lines.filter((shown) => /^(?:error|warning) /.test(shown));
    expect(headings).toEqual([
      "error provider cloud",
      "error provider cloud",
      "warning provider local",
      "warning key voice-bot",
      "warning plugins.entries.passthrough.config.agents.nobody",
    ]);
    const text = lines.join("\n");
    expect(text).toContain("Raise upstream.providers.local.maxConcurrent.");
    expect(text).toContain("`openclaw passthrough keys update voice-bot --budget` raises it.");
    expect(lines.indexOf("warning key voice-bot")).toBeLessThan(
      lines.indexOf("Requests, and failures by whose fault they were"),
    );
  });

  test("names who is slow, who fails and who pays, the worst provider and the highest bill first", async () => {
    const lines = await parts(await busyRelay());
    const text = lines.join("\n");
    expect(text).toMatch(/^Slowest {2}local: first token \d+ms\/\d+ms \(p50\/p99\)$/m);
    expect(text).toMatch(/^Fails {4}cloud: 100% of 10 attempts/m);
    expect(text).toMatch(/^Pays {5}voice-bot: \$0\.3198 of \$0\.4920 for 27 requests$/m);
    expect(text.indexOf("\ncloud  ")).toBeLessThan(text.indexOf("\nlocal  "));
    expect(text.indexOf("\nvoice-bot  ")).toBeLessThan(text.indexOf("\n(operator)  "));
  });

  test("keeps failures by clients, providers and the relay apart, and shows runs with their age", async () => {
    const text = (await parts(await busyRelay())).join("\n");
    expect(text).toMatch(/^in all +42 +2 +0 +0 +0 /m);
    expect(text).toMatch(/^main +\(operator\) +73\.0 s +4$/m);
    expect(text).toMatch(/^ {2}left: \$0 of \$0\.3000\/day, 41 of 60 req\/min$/m);
  });

  test("marks the estimate as one", async () => {
    const relay = await relayStatus();
    const estimate = {
      isEstimate: true as const,
      samples: 3,
      averageTokensIn: 12_000,
      averageCostUsd: 0.05,
      requests: 10,
      savedTokensIn: 90_000,
      savedCostUsd: 0.4,
    };
    const lines = await parts({ ...relay, estimate });
    expect(lines.join(" ")).toMatch(
      /Estimate: full agent turns in place of 10 answered .* 90000 more\s+prompt\s+tokens/,
    );
  });

  test("of a relay without its thread says why, and nothing else", () => {
    const stopped = gatewayStatus(undefined, {
      ok: false,
      problems: planeProblems({
        problem: "the data plane ended three times within a minute",
        deaths: 3,
        lastDeath: "it exited with 1",
      }),
      dataPlane: { state: "stopped" },
    });
    expect(describeStatus(stopped, file).split("\n")).toEqual([
      "The relay: NOT SERVING",
      "1 problem",
      "error plugins.entries.passthrough.config.dataPlane",
      "  The data plane ended three times within a minute",
      "  Restart the gateway.",
    ]);
  });

  test("of 200 providers, agents and keys shows the first, and where the others are", async () => {
    const relay = await busyRelay();
    const many = <T extends object>(of: readonly T[], member: string) =>
      Array.from({ length: 200 }, (_, at) => Object.assign({}, of[0], { [member]: `n${at}` }));
    const lines = await parts({
      ...relay,
      keys: many(relay.keys, "key"),
      agents: many(relay.agents, "agent"),
    });
    expect(lines).toContain("… 193 more: --json, and the tables below");
    expect(lines).toContain("… 188 more: `openclaw passthrough keys`");
    expect(lines.length).toBeLessThan(120);
  });

  test("shows a key's name of escape codes as question marks", async () => {
    const relay = await busyRelay();
    const [first] = relay.keys;
    const evil = "\x1b]8;;http://x\x07key\x1b[2J";
    const keys = first === undefined ? [] : [{ ...first, key: evil }];
    const text = (await parts({ ...relay, keys })).join("\n");
    expect(text).toContain("?]8;;http://x?key?[2J");
  });
});
