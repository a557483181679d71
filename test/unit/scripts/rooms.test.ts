/** The table of rooms, the linter config and docs/architecture.md agree, and the code follows them. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import {
  architectureFile,
  lintConfig,
  lintFile,
  roomDrawing,
  rooms,
  roomTable,
} from "../../../scripts/rooms.ts";

const source = fileURLToPath(new URL("../../../src", import.meta.url));
const files = globSync("**/*.ts", { cwd: source });
/** The top-level folder of a file, or the file itself if it is in none. */
const roomOf = (file: string) => file.split(/[/\\]/)[0]?.replace(/\.ts$/, "") ?? "";
const composition = new Set(["commands", "index", "relay", "worker"]);

test("every room in src has a row, and every row a room", () => {
  const found = [...new Set(files.map(roomOf))].filter((room) => !composition.has(room));
  expect(found.toSorted()).toEqual(Object.keys(rooms).toSorted());
});

test("a room imports only from rooms above it in the table, so there is no cycle", () => {
  const order = Object.keys(rooms);
  for (const [room, { sees }] of Object.entries(rooms)) {
    const later = sees.filter((other) => order.indexOf(other) >= order.indexOf(room));
    expect([room, later]).toEqual([room, []]);
  }
});

test("every import is allowed by the row of its room", () => {
  const strays = files
    .filter((file) => !composition.has(roomOf(file)))
    .flatMap((file) =>
      [...readFileSync(join(source, file), "utf8").matchAll(/from "(\.[^"]+)"/g)]
        .map(([, path = ""]) => roomOf(normalize(join(dirname(file), path))))
        .filter((room) => room !== roomOf(file) && !rooms[roomOf(file)]?.sees.includes(room))
        .map((room) => `${file} looks into ${room}`),
    );
  expect(strays).toEqual([]);
});

test("no row allows an unused import", () => {
  const seen = new Set(
    files.flatMap((file) =>
      [...readFileSync(join(source, file), "utf8").matchAll(/from "(\.[^"]+)"/g)].map(
        ([, path = ""]) => `${roomOf(file)} ${roomOf(normalize(join(dirname(file), path)))}`,
      ),
    ),
  );
  const unused = Object.entries(rooms).flatMap(([room, { sees }]) =>
    sees.map((other) => `${room} ${other}`).filter((arrow) => !seen.has(arrow)),
  );
  expect(unused).toEqual([]);
});

test("the linter config and the page are generated from the table", () => {
  const config = readFileSync(lintFile, "utf8");
  expect(JSON.parse(config)).toEqual(JSON.parse(JSON.stringify(lintConfig(config))));
  const cells = (text: string) => text.replaceAll(/ +/g, " ").replaceAll(/-+/g, "-");
  const page = readFileSync(architectureFile, "utf8");
  expect(cells(page)).toContain(cells(roomTable()));
  expect(page).toContain(roomDrawing());
});
