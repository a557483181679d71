import { once } from "node:events";
import { Readable, Writable } from "node:stream";
import { expect, test } from "vitest";
import type { RequestMessage } from "../../../src/plane/handed-over.ts";
import { createHandOver } from "../../../src/plane/hand-over.ts";
import { openAiChat } from "../../../src/protocols/openai-chat/protocol.ts";

/** A request whose length is announced, and its answer's end. */
function exchange(pieces: readonly Buffer[], contentLength: number) {
  const request = Object.assign(Readable.from(pieces, { objectMode: false }), {
    method: "POST",
    url: "/v1/chat/completions",
    headers: { "content-length": String(contentLength) },
    socket: { remoteAddress: "127.0.0.1" },
  });
  const sink = new Writable({ write: (_chunk, _encoding, taken) => taken() });
  const response = Object.assign(sink, {
    statusCode: 200,
    headersSent: false,
    writeHead: () => response,
  });
  return { request, response };
}

/** Hands a request over. @returns the messages with what moved, each as it arrives in the other thread. */
async function handOver(pieces: readonly Buffer[]) {
  const length = Buffer.concat(pieces).length;
  const { request, response } = exchange(pieces, length);
  const sent: { readonly message: RequestMessage; readonly moved: boolean }[] = [];
  const { serve } = createHandOver((message, transfer) => {
    const list = transfer === undefined ? [] : [transfer];
    sent.push({ message: structuredClone(message, { transfer: list }), moved: list.length > 0 });
  }, openAiChat);
  const served = serve(request, response, { surface: "keyed", operatorScopes: undefined });
  await once(request, "end");
  response.end();
  await served;
  return sent;
}

test("a small body is handed over in one message with its request", async () => {
  const sent = await handOver([Buffer.from("Hel"), Buffer.from("lo")]);
  expect(sent).toEqual([
    {
      message: ["open", 1, expect.objectContaining({ body: new Uint8Array(Buffer.from("Hello")) })],
      moved: false,
    },
  ]);
});

test("a large body is handed over in pieces that move, and the memory that they came from stays", async () => {
  const pieces = [Buffer.alloc(50_000, "a"), Buffer.alloc(50_000, "b")];
  const [open, ...rest] = await handOver(pieces);
  expect(open).toMatchObject({ message: ["open", 1, { body: undefined }], moved: false });
  expect(rest).toEqual([
    { message: ["body", 1, new Uint8Array(Buffer.alloc(50_000, "a"))], moved: true },
    { message: ["body", 1, new Uint8Array(Buffer.alloc(50_000, "b"))], moved: true },
    { message: ["body-end", 1], moved: false },
  ]);
  expect(Buffer.concat(pieces).toString()).toBe("a".repeat(50_000) + "b".repeat(50_000));
});
