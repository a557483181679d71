/** What the relay sees of a provider whose embeddings are translated. */
import type { Dispatcher } from "undici";
import fc from "fast-check";
import { expect, test } from "vitest";
import { RelayError } from "../../../src/errors.ts";
import { ollama } from "../../../src/protocols/ollama/wire.ts";
import { openAiEmbeddings } from "../../../src/protocols/openai-chat/protocol.ts";
import { translatedEmbeddings } from "../../../src/upstream/embeddings.ts";

/** What a handler gets for these pieces of a provider's answer to two inputs. */
function answerTo(pieces: readonly Buffer[], status = 200) {
  const seen = {
    status: 0,
    headers: {} as object,
    body: "",
    ends: 0,
    error: undefined as Error | undefined,
  };
  const next: Dispatcher.DispatchHandler = {
    onResponseStart: (_controller, code, headers) =>
      void Object.assign(seen, { status: code, headers }),
    onResponseData: (_controller, chunk) => void (seen.body += chunk.toString()),
    onResponseEnd: () => void (seen.ends += 1),
    onResponseError: (_controller, error) => void (seen.error = error),
  };
  const { embeddings: provider } = ollama;
  const { embeddings: client } = openAiEmbeddings;
  if (provider === undefined || client === undefined) {
    throw new TypeError("no embeddings");
  }
  const handler = translatedEmbeddings(next, {
    wire: ollama,
    provider,
    protocol: openAiEmbeddings,
    client,
    request: { inputs: ["one", "two"], encoding: "float", parameters: {} },
    route: { provider: "a", modelId: "e1" },
  });
  let aborted: Error | undefined;
  const controller = {
    abort: (reason: Error) => void (aborted ??= reason),
  } as Dispatcher.DispatchController;
  handler.onResponseStart?.(controller, status, { "content-length": "5", "x-a": "b" });
  for (const piece of pieces) {
    handler.onResponseData?.(controller, piece);
    if (aborted !== undefined) {
      handler.onResponseError?.(controller, aborted);
      return seen;
    }
  }
  handler.onResponseEnd?.(controller, {});
  return seen;
}

const good = Buffer.from('{"embeddings":[[1],[2]]}');

test("an answer in any pieces is the same, and has not the length of the provider's", () => {
  const whole = answerTo([good]);
  expect(whole).toMatchObject({
    status: 200,
    headers: { "x-a": "b", "content-type": "application/json" },
    ends: 1,
  });
  expect(whole.headers).not.toHaveProperty("content-length");
  expect(answerTo(Array.from(good, (byte) => Buffer.from([byte])))).toEqual(whole);
});

test("any bytes are an answer or an error, never both and never thrown", () => {
  const json = fc.json().map((text) => Buffer.from(`{"embeddings":[[1],${text}]}`));
  const bytes = fc.uint8Array().map((array) => Buffer.from(array));
  fc.assert(
    fc.property(fc.oneof(json, bytes), fc.constantFrom(200, 400, 500), (body, status) => {
      const { ends, error } = answerTo([body], status);
      expect(ends).toBe(error === undefined ? 1 : 0);
      expect(error === undefined || error instanceof RelayError).toBe(true);
    }),
  );
});

test.each([
  [200, 32],
  [500, 1],
])("an answer with status %i is read up to %i MiB", (status, mebibytes) => {
  const piece = Buffer.alloc(1024 * 1024, " ");
  const pieces = Array.from({ length: mebibytes + 1 }, () => piece);
  expect(answerTo(pieces, status).error).toMatchObject({ code: "upstream_unreadable" });
});
