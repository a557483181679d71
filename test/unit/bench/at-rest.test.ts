import { expect, test } from "vitest";
import { readyAfterMs } from "../../../bench/at-rest.ts";

const output = `Debugger listening on ws://127.0.0.1:1/x
2026-11-21T20:59:16.459+00:00 [gateway] loading configuration…
2026-11-21T20:59:17.397+00:00 [gateway] spawn broker ready pid=29830
2026-11-21T20:59:24.076+00:00 [gateway] ready
2026-11-21T20:59:24.153+00:00 [heartbeat] started
`;

test("a gateway's log says how long it took to be ready", () => {
  expect(readyAfterMs(output)).toBe(7617);
});

test("without the line that says so, it is not known", () => {
  expect(readyAfterMs("")).toBeNaN();
  expect(readyAfterMs(output.replace("[gateway] ready\n", ""))).toBeNaN();
});
