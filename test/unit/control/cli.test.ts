import { expect, test } from "vitest";
import { addCommand, addGroup, type CommandSpec } from "../../../src/control/cli.ts";
import { commandLine } from "../../support/command-line.ts";

const spec = (run: CommandSpec["run"]): CommandSpec => ({ usage: "show", text: "Shows", run });

test("a group does something without a subcommand, with its own --json", async () => {
  const line = commandLine((root, terminal) =>
    addGroup(
      root,
      {
        name: "things",
        text: "Things",
        action: { run: async () => ({ text: "all things", json: { things: 2 } }) },
        commands: [spec(async () => ({ text: "one thing", json: { thing: 1 } }))],
      },
      terminal,
    ),
  );
  expect((await line.run("passthrough things", {})).printed).toBe("all things");
  expect((await line.run("passthrough things", { json: true })).printed).toBe(
    '{\n  "things": 2\n}',
  );
  expect((await line.run("passthrough things show", {})).printed).toBe("one thing");
});

test("results that come one after the other are printed as they come, as JSON one a line", async () => {
  const make = () =>
    commandLine((root, terminal) =>
      addCommand(
        root,
        spec(async function* results() {
          yield { text: "first", json: { at: [1] } };
          yield { text: "second", json: { at: [2] } };
        }),
        terminal,
      ),
    );
  const [text, json] = [make(), make()];
  await text.run("passthrough show", {});
  await json.run("passthrough show", { json: true });
  expect(text.results()).toEqual(["first", "second"]);
  expect(json.results()).toEqual(['{"at":[1]}', '{"at":[2]}']);
});

test("JSON has no character that a terminal obeys, and still says the same", async () => {
  const json = { name: "\x1b[31m\x9b2J\x7f\x85é" };
  const line = commandLine((root, terminal) =>
    addCommand(
      root,
      spec(async () => ({ text: "", json })),
      terminal,
    ),
  );
  const { printed = "" } = await line.run("passthrough show", { json: true });
  // oxlint-disable-next-line no-control-regex -- these are what must not be there.
  expect(printed).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  expect(JSON.parse(printed)).toEqual(json);
});
