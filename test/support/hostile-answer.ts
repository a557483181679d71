/** Random hostile provider answers: shapes, indexes, names, encodings and sizes, cut anywhere. */
import { brotliCompressSync, constants, deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import type { Behaviour } from "./provider.ts";

export interface HostileAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly pieces: readonly Buffer[];
  /** Whether the connection closes before the body is complete. */
  readonly isCut: boolean;
}

/** Names of inherited members, and values that are not valid indexes. */
const foreign = fc.oneof(
  fc.constantFrom<unknown>(
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "push",
    "length",
    -1,
    0.5,
    1023,
    1024,
    200_000_000,
    4_294_967_294,
    4_294_967_295,
    1e308,
    null,
  ),
  fc.jsonValue({ maxDepth: 2 }),
);
const index = fc.oneof({ weight: 4, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: foreign });
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom("", "word ", "\u2028", "\u2029", "\r\n", "data: {}\n\n", '"', "\\", "\ud800"),
);
const textOrNot = fc.oneof({ weight: 4, arbitrary: text }, { weight: 1, arbitrary: foreign });

const toolCall = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record(
      {
        index,
        id: textOrNot,
        type: textOrNot,
        function: fc.oneof(
          {
            weight: 6,
            arbitrary: fc.record({ name: textOrNot, arguments: textOrNot }, { requiredKeys: [] }),
          },
          { weight: 1, arbitrary: foreign },
        ),
        ["__proto__"]: foreign,
      },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: foreign },
);
const toolCalls = fc.oneof(
  { weight: 6, arbitrary: fc.array(toolCall, { maxLength: 4 }) },
  { weight: 1, arbitrary: foreign },
);
const message = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(
      {
        role: textOrNot,
        content: textOrNot,
        reasoning_content: textOrNot,
        tool_calls: toolCalls,
        ["__proto__"]: foreign,
      },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: foreign },
);
const choice = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(
      { index, delta: message, message, finish_reason: fc.option(textOrNot), text: textOrNot },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: foreign },
);
const error = fc.oneof(
  fc.record(
    { message: textOrNot, type: textOrNot, code: foreign, status: foreign, param: foreign },
    { requiredKeys: [] },
  ),
  foreign,
);
const usage = fc.oneof(
  fc.record({ prompt_tokens: foreign, completion_tokens: foreign, prompt_tokens_details: foreign }),
  foreign,
);
/** A completion or a completion chunk. */
const completion = fc.record(
  {
    id: textOrNot,
    choices: fc.oneof(
      { weight: 8, arbitrary: fc.array(choice, { maxLength: 3 }) },
      { weight: 1, arbitrary: foreign },
    ),
    usage,
    error: fc.option(error, { freq: 10 }),
    ["__proto__"]: foreign,
  },
  { requiredKeys: [] },
);

const lineEnd = fc.constantFrom("\n", "\n", "\n", "\r\n", "\r");
const data = fc.oneof(
  { weight: 6, arbitrary: completion.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.constantFrom("[DONE]", "{nope", "", "null", "[]") },
  { weight: 1, arbitrary: text },
);
const event = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(data, lineEnd).map(([said, end]) => `data: ${said}${end}${end}`),
  },
  // Split into two data lines where possible.
  {
    weight: 1,
    arbitrary: fc
      .tuple(data, lineEnd)
      .map(([said, end]) => `data:${said.replace(",", `,${end}data:`)}${end}${end}`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(": hi\n\n", "event: x\n", "id: 1\n", "\n", "\r\r", "\uFEFF", "data"),
  },
);
const finish = 'data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]}\n\n';
const streamBody = fc
  .tuple(
    fc.array(event, { maxLength: 12 }),
    fc.constantFrom("", finish, `${finish}data: [DONE]\n\n`),
  )
  .map(([events, end]) => Buffer.from(events.join("") + end));

/** A large, repetitive body. */
const large = fc
  .record({
    size: fc.nat(1_500_000),
    part: fc.constantFrom(
      "[",
      "{}",
      '"a":1,',
      '\\"',
      " ",
      "\n",
      "\r",
      "data: 1\n",
      ": x\n\n",
      'data: {"choices":[{"delta":{"content":"x"}}]}\n\n',
      'data: {"choices":[{"delta":{"tool_calls":[{"index":1,"function":{"arguments":"x"}}]}}]}\n\n',
      '{"index":1,"delta":{"tool_calls":[{"index":2}]}},',
      '{"index":7},',
    ),
    front: fc.constantFrom(
      "",
      "{",
      'data: {"choices":[',
      'data: {"choices":[{"index":0,"delta":{"tool_calls":[',
      '{"choices":[{"message":{"tool_calls":[',
      '{"error":"',
    ),
    back: fc.constantFrom("", "}", "0]}\n\n", "0]}}]}\n\n", "0]}}]}", '"}'),
  })
  .map(({ size, part, front, back }) =>
    Buffer.from(front + part.repeat(Math.floor(size / part.length)) + back),
  );
const jsonBody = fc.oneof(
  completion.map((value) => Buffer.from(JSON.stringify(value))),
  error.map((value) => Buffer.from(JSON.stringify({ error: value }))),
  fc.json().map((value) => Buffer.from(value)),
);

const brotliQuality = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
const encodings: ReadonlyMap<string, (body: Buffer) => Buffer> = new Map([
  ["gzip", (body: Buffer) => gzipSync(body, { level: 1 })],
  ["br", (body: Buffer) => brotliCompressSync(body, brotliQuality)],
  ["deflate", (body: Buffer) => deflateSync(body, { level: 1 })],
  // Declared but not applied.
  ...["x-gzip", "constructor", "gzip, br"].map((name): [string, (body: Buffer) => Buffer] => [
    name,
    (body) => body,
  ]),
]);

const headerValue = fc.stringMatching(/^[\x21-\x7e]([\x20-\x7e]{0,20}[\x21-\x7e])?$/);

/** @param secret a text that some answers contain. */
export function hostileAnswer(secret: string): fc.Arbitrary<HostileAnswer> {
  const body = fc.oneof(
    { weight: 20, arbitrary: streamBody },
    { weight: 10, arbitrary: jsonBody },
    { weight: 3, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: large },
  );
  return fc
    .record({
      // Not 401: it would disqualify the credential for a minute.
      status: fc.oneof(
        { weight: 10, arbitrary: fc.constant(200) },
        {
          weight: 3,
          arbitrary: fc.constantFrom(201, 204, 301, 400, 403, 404, 408, 422, 429, 500, 503, 599),
        },
      ),
      type: fc.constantFrom(
        "text/event-stream",
        "text/event-stream; charset=utf-8",
        "application/json",
        "text/html",
        "text/plain",
        "",
      ),
      encoding: fc.option(fc.constantFrom(...encodings.keys()), { freq: 8 }),
      headers: fc.dictionary(
        fc.constantFrom("x-request-id", "retry-after", "retry-after-ms", "x-ratelimit-a", "x-b"),
        fc.oneof(headerValue, fc.constantFrom("0", "1", "1e999", "-1", secret)),
        { maxKeys: 2 },
      ),
      body,
      leak: fc.option(fc.nat(), { freq: 8 }),
      cuts: fc.array(fc.nat(), { maxLength: 8 }),
      isCut: fc.nat(7).map((value) => value === 0),
    })
    .map(({ status, type, encoding, headers, body: plain, leak, cuts, isCut }) => {
      const at = leak === null ? 0 : leak % (plain.length + 1);
      const told =
        leak === null
          ? plain
          : Buffer.concat([plain.subarray(0, at), Buffer.from(secret), plain.subarray(at)]);
      const sent = encoding === null ? told : (encodings.get(encoding)?.(told) ?? told);
      const places = cuts.map((cut) => cut % (sent.length + 1)).toSorted((a, b) => a - b);
      const pieces = [0, ...places].map((from, place) =>
        sent.subarray(from, places[place] ?? sent.length),
      );
      return {
        status,
        headers: {
          ...headers,
          ...(type === "" ? {} : { "content-type": type }),
          ...(encoding === null ? {} : { "content-encoding": encoding }),
        },
        pieces,
        isCut,
      };
    });
}

/** Sends the answer, one piece in each turn of the event loop. */
export function answering({ status, headers, pieces, isCut }: HostileAnswer): Behaviour {
  return async ({ response, socket }) => {
    response.writeHead(status, headers);
    for (const piece of pieces) {
      response.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (isCut) {
      socket.destroy();
    } else {
      response.end();
    }
  };
}
