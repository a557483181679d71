/** The commands without a gateway and without the host: what they ask, and what they do with the answers. */
import { describe, expect, test, vi } from "vitest";
import { createAsk } from "../../../src/console/ask.ts";
import type { ConsoleParts } from "../../../src/console/parts.ts";
import { createRequestsCommand } from "../../../src/console/requests-command.ts";
import { createScreen } from "../../../src/console/screen.ts";
import { createStatusCommand } from "../../../src/console/status-command.ts";
import { createTargetsCommand } from "../../../src/console/targets-command.ts";
import { createTraceCommand } from "../../../src/console/trace-command.ts";
import type { GatewayCall } from "../../../src/control/gateway-call.ts";
import { createRequestRing, type RequestRing } from "../../../src/telemetry/request-ring.ts";
import type { RequestQuery } from "../../../src/telemetry/views.ts";
import { commandLine } from "../../support/command-line.ts";
import { relayStatus } from "../../support/status-views.ts";
import { keptRequestOf } from "../../support/telemetry-events.ts";

const serving = { ok: true, problems: [], dataPlane: { state: "serving" } };

/**
 * @param call answers as a gateway would.
 * @param between what happens between the rounds of a command that goes on; it ends after the last one.
 */
function parts(call: GatewayCall, between: readonly (() => void)[] = []): ConsoleParts {
  return {
    ask: createAsk(call),
    screen: () => createScreen({}, undefined),
    async *every() {
      yield 0;
      for (const [at, happens] of between.entries()) {
        happens();
        yield at + 1;
      }
    },
  };
}

const noGateway: GatewayCall = async () => ({ kind: "no-gateway" });

describe("status", () => {
  test("says that no gateway runs, with exit code 1", async () => {
    const { complaint, exitCode } = await commandLine(createStatusCommand(parts(noGateway))).run(
      "passthrough status",
      {},
    );
    expect([complaint, exitCode]).toEqual([expect.stringMatching(/^No gateway runs/), 1]);
  });

  test("prints the gateway's own JSON, and does not wait as long as a prune", async () => {
    const payload = { ...serving, ...(await relayStatus()), unknownMember: "kept" };
    const call = vi.fn<GatewayCall>(async () => ({ kind: "answer", payload }));
    const { printed } = await commandLine(createStatusCommand(parts(call))).run(
      "passthrough status",
      { json: true },
    );
    expect(JSON.parse(printed ?? "")).toEqual(JSON.parse(JSON.stringify(payload)));
    expect(call).toHaveBeenCalledWith("passthrough.status", {}, 15_000);
  });

  test("asks for a restart if the gateway runs another version of the plugin", async () => {
    const call: GatewayCall = async () => ({ kind: "answer", payload: { ...serving, totals: {} } });
    const { complaint } = await commandLine(createStatusCommand(parts(call))).run(
      "passthrough status",
      {},
    );
    expect(complaint).toMatch(/another version of the plugin: restart it/);
  });

  test("--watch goes on while the gateway starts again", async () => {
    const payload = { ...serving, ...(await relayStatus()) };
    const call = vi
      .fn<GatewayCall>()
      .mockResolvedValueOnce({ kind: "answer", payload })
      .mockResolvedValueOnce({ kind: "no-gateway" })
      .mockResolvedValue({ kind: "answer", payload });
    const nothing = () => undefined;
    const line = commandLine(createStatusCommand(parts(call, [nothing, nothing])));
    const { exitCode } = await line.run("passthrough status", { watch: true });
    expect(line.results().map((text) => text.split(/[ ,]/, 3).join(" "))).toEqual([
      "The relay: serving",
      "No gateway runs",
      "The relay: serving",
    ]);
    expect(exitCode).toBeUndefined();
  });

  test("--watch without a gateway ends with exit code 1", async () => {
    const line = commandLine(createStatusCommand(parts(noGateway, [() => undefined])));
    const { exitCode } = await line.run("passthrough status", { watch: true });
    expect([line.results(), exitCode]).toEqual([[], 1]);
  });
});

test("targets says why there is nothing to show while the relay does not answer", async () => {
  const payload = { ok: false, problems: [], dataPlane: { state: "stopped" } };
  const { complaint, exitCode } = await commandLine(
    createTargetsCommand(parts(async () => ({ kind: "answer", payload }))),
  ).run("passthrough targets", {});
  expect([complaint, exitCode]).toEqual([expect.stringContaining("its thread is stopped"), 1]);
});

describe("requests", () => {
  /** A gateway; `asked` has the queries. */
  function gateway(between: (state: { ring: RequestRing }) => readonly (() => void)[] = () => []) {
    const asked: RequestQuery[] = [];
    const state = { ring: createRequestRing() };
    const call: GatewayCall = async (_method, parameters) => {
      asked.push(parameters);
      return { kind: "answer", payload: state.ring.list(parameters) };
    };
    return { asked, line: commandLine(createRequestsCommand(parts(call, between(state)))) };
  }

  test("asks for what its options say", async () => {
    const { asked, line } = gateway();
    const options = { key: "bot", model: "qwen", status: "5XX", slow: "1.5s", limit: "7" };
    await line.run("passthrough requests", options);
    await line.run("passthrough requests", {});
    expect(asked).toEqual([
      { key: "bot", model: "qwen", status: "5xx", slowMs: 1500, limit: 7 },
      { limit: 50 },
    ]);
  });

  test.each([
    [{ status: "9xx" }, /"9xx" is not a status: use an HTTP status/],
    [{ status: "\x1b[31m" }, /"\?\[31m" is not a status/],
    [{ slow: "soon" }, /"soon" is not a duration/],
    [{ limit: "0" }, /"0" is not a number of requests: use 1 to 10000/],
    [{ limit: "1e3" }, /"1e3" is not a number of requests/],
    [{ key: "k".repeat(201) }, /--key is too long/],
  ])("refuses %j with exit code 2", async (options, message) => {
    const { asked, line } = gateway();
    const { complaint, exitCode } = await line.run("passthrough requests", options);
    expect([complaint, exitCode]).toEqual([expect.stringMatching(message), 2]);
    expect(asked).toEqual([]);
  });

  test("says so if none fits", async () => {
    const { printed } = await gateway().line.run("passthrough requests", {});
    expect(printed).toMatch(/^No request fits\. The relay keeps the last 10,000/);
  });

  test("--follow shows each request once, with one header, also after the relay has started again", async () => {
    const { line } = gateway((state) => {
      const add = (requestId: string) => state.ring.add(keptRequestOf({ requestId }));
      return [
        () => undefined,
        () => {
          add("aaaaaaaa-1");
          add("bbbbbbbb-2");
        },
        () => undefined,
        () => {
          state.ring = createRequestRing();
          add("cccccccc-3");
        },
      ];
    });
    const { exitCode } = await line.run("passthrough requests", { follow: true });
    const text = line.results().join("\n");
    expect(text.match(/^time UTC/gm)).toHaveLength(1);
    expect(text.match(/^[\d:]{8} {2}\w{8}/gm)?.map((row) => row.slice(10))).toEqual([
      "aaaaaaaa",
      "bbbbbbbb",
      "cccccccc",
    ]);
    expect(exitCode).toBeUndefined();
  });
});

describe("trace", () => {
  const run = (id: string, payload: unknown) =>
    commandLine(createTraceCommand(parts(async () => ({ kind: "answer", payload })))).run(
      "passthrough trace",
      id,
      {},
    );

  test("of an unknown id says how far back the relay remembers", async () => {
    const { complaint, exitCode } = await run("0f3e2d1c", null);
    expect([complaint, exitCode]).toEqual([
      "There is no request 0f3e2d1c. The relay keeps the last 10,000 finished requests since its thread started.",
      1,
    ]);
  });

  test.each(["", "0f3e", "../../etc", "0f3e2d1c\x1b[2J", "0".repeat(37)])(
    "refuses %j, which is no id, with exit code 2",
    async (id) => {
      const { complaint, exitCode } = await run(id, null);
      expect(complaint).toMatch(/is not a request id: use the response header/);
      // oxlint-disable-next-line no-control-regex -- these are what must not be there.
      expect(complaint).not.toMatch(/[\x00-\x1f]/);
      expect(exitCode).toBe(2);
    },
  );
});
