import { expect, test, vi } from "vitest";
import type { GatewayCall } from "../../../src/control/gateway-call.ts";
import type { Problem } from "../../../src/control/problems.ts";
import { createExamine } from "../../../src/doctor/checkup.ts";
import { createDoctorCommand } from "../../../src/doctor/command.ts";
import { commandLine } from "../../support/command-line.ts";

const warning: Problem = {
  severity: "warning",
  path: "some.setting",
  message: "It is odd.",
  fix: "Change it.",
};
const error: Problem = { ...warning, severity: "error", path: "other.setting" };

/** `passthrough doctor` next to a gateway that answers this; undefined for no gateway. */
function doctor(payload: unknown, local: readonly Problem[] = []) {
  const call = vi.fn<GatewayCall>(async () =>
    payload === undefined ? { kind: "no-gateway" } : { kind: "answer", payload },
  );
  const line = commandLine(createDoctorCommand(createExamine(call, async () => local)));
  return {
    call,
    run: (options: Readonly<Record<string, unknown>>) => line.run("passthrough doctor", options),
  };
}

test.each([
  [[], undefined],
  [[warning], 1],
  [[warning, error], 2],
])("the exit code says how bad it is: %j", async (problems, exitCode) => {
  const answer = await doctor({ ok: true, problems }).run({ json: true });
  expect(answer.exitCode).toBe(exitCode);
  expect(JSON.parse(answer.printed ?? "")).toEqual({ problems });
});

test("errors come first, each with its path and what to change", async () => {
  const { printed } = await doctor({ problems: [warning, error] }).run({});
  expect(printed?.split("\n")).toEqual([
    "error    other.setting",
    "         It is odd.",
    "         Fix: Change it.",
    "",
    "warning  some.setting",
    "         It is odd.",
    "         Fix: Change it.",
    "",
    "1 error, 1 warning.",
    expect.stringContaining("--online also asks the providers"),
  ]);
});

test("the words of others cannot change the terminal", async () => {
  const message = "It is \u001b[2J\u202Eodd.\n";
  const { printed } = await doctor({ problems: [{ ...warning, message }] }).run({});
  expect(printed).toContain("It is ?[2J?odd.?\n");
});

test("the gateway's status has the list; --online asks for more than a reader may", async () => {
  const offline = doctor({ problems: [] });
  await offline.run({});
  expect(offline.call.mock.lastCall?.[0]).toBe("passthrough.status");
  const online = doctor({ problems: [] });
  expect((await online.run({ online: true })).printed).toContain("asked each provider");
  expect(online.call.mock.lastCall?.[0]).toBe("passthrough.doctor");
});

test("without a gateway the command looks itself, and says what it cannot check", async () => {
  const { printed, exitCode } = await doctor(undefined, [warning]).run({});
  expect(printed).toContain("some.setting");
  expect(printed).toContain("No gateway runs");
  expect(exitCode).toBe(1);
});

test("--online without a gateway fails, because nothing was asked", async () => {
  const { complaint, printed, exitCode } = await doctor(undefined).run({ online: true });
  expect(complaint).toContain("no gateway runs");
  expect(printed).toBeUndefined();
  expect(exitCode).toBe(2);
});

test("a gateway with another version of the plugin is to be restarted", async () => {
  const { complaint, exitCode } = await doctor({ ok: true }).run({});
  expect(complaint).toContain("restart the gateway");
  expect(exitCode).toBe(2);
});
