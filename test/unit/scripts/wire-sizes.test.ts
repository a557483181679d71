import { expect, test } from "vitest";
import { sizeProblems, wireSizes } from "../../../scripts/wire-sizes.ts";

const metafile = (bytes: Readonly<Record<string, number>>) => ({
  outputs: {
    "dist/worker.js": {
      inputs: Object.fromEntries(
        Object.entries(bytes).map(([path, bytesInOutput]) => [path, { bytesInOutput }]),
      ),
    },
  },
});

test("a wire's size is that of all files of its folder", () => {
  const sizes = wireSizes(
    metafile({
      "src/protocols/ollama/wire.ts": 100,
      "src/protocols/ollama/request.ts": 1000,
      "src/protocols/turns.ts": 10_000,
      "src/protocols/openai-chat/protocol.ts": 50_000,
    }),
  );
  expect([...sizes]).toEqual([["ollama", 1100]]);
});

test("a wire may be as large as 12 KB, and the build fails at one that is larger", () => {
  const of = (bytes: number) => sizeProblems(metafile({ "src/protocols/ollama/wire.ts": bytes }));
  expect(of(12_288)).toEqual([]);
  expect(of(12_289)).toEqual([
    expect.stringContaining("src/protocols/ollama is 12289 bytes in dist/worker.js"),
  ]);
});

test("a bundle without a wire is not one that was measured", () => {
  expect(sizeProblems({ outputs: {} })).toEqual(["There is no wire in dist/worker.js."]);
});

test("the build fails if the data plane's bundle has the SDK of OpenTelemetry", () => {
  const inputs = {
    "src/protocols/ollama/wire.ts": 1,
    "node_modules/@opentelemetry/api/dist/index.mjs": 1,
  };
  expect(sizeProblems(metafile(inputs))).toEqual([
    expect.stringContaining("dist/worker.js has OpenTelemetry's SDK"),
  ]);
});
