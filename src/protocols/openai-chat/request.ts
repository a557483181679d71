/** Request bodies of the OpenAI protocol: checked once, then kept as the client's bytes. */
import { isUtf8 } from "node:buffer";
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { RelayError } from "../../errors.ts";
import { assertHeapRoom } from "../../text/heap-room.ts";
import {
  isRecord,
  beginsObject,
  type Bounds,
  type Member,
  membersOf,
  nameOf,
  type Span,
} from "../../text/json.ts";
import type { RequestBody } from "../protocol.ts";
import { readModelRequest } from "./model-request.ts";
import { expectedTokensOut } from "./expected-tokens.ts";

const model = Type.Optional(
  Type.Union([Type.String(), Type.Null()], { description: "must be a string" }),
);

const chatBody = Type.Object({
  model,
  messages: Type.Array(Type.Unknown(), {
    description: "is missing or is not an array; send the conversation as an array of messages",
  }),
  stream: Type.Optional(
    Type.Union([Type.Boolean(), Type.Null()], { description: "must be true or false" }),
  ),
});

const embeddingsBody = Type.Object({
  model,
  input: Type.Union([Type.String(), Type.Array(Type.Unknown())], {
    description: "is missing; send a string or an array",
  }),
});

/**
 * Checks the body of `POST /v1/chat/completions`.
 * @throws RelayError `invalid_body` or `duplicate_model`.
 */
export function parseChatBody(bytes: Buffer): RequestBody {
  const members = boundedMembers(bytes);
  const body = parse(chatCheck, chatBody, bytes);
  const facts = {
    value: body,
    model: body.model,
    stream: body.stream === true,
    expectedTokensOut: () => expectedTokensOut(body),
  };
  return requestBody(bytes, facts, modelSpanOf(bytes, members));
}

/**
 * Checks the body of `POST /v1/embeddings`.
 * @throws RelayError `invalid_body` or `duplicate_model`.
 */
export function parseEmbeddingsBody(bytes: Buffer): RequestBody {
  const members = boundedMembers(bytes);
  const body = parse(embeddingsCheck, embeddingsBody, bytes);
  const facts = { value: body, model: body.model, stream: false, expectedTokensOut: () => 0 };
  return requestBody(bytes, facts, modelSpanOf(bytes, members));
}

/**
 * Parsing blocks the event loop and takes about a microsecond per part. Ordinary bodies have some thousand parts, and a few
 * dozen levels in their tools' schemas. About ten thousand levels overflow the stack of recursive code. A thread that is
 * nearly out of memory still gets 16 MB to end in; a larger array would end the gateway's process with it (Node 24).
 */
const bodyBounds: Bounds = { depth: 256, parts: 200_000, values: 1_000_000 };

const chatCheck = TypeCompiler.Compile(chatBody);
const embeddingsCheck = TypeCompiler.Compile(embeddingsBody);

/** Finds the members of the top-level object. Refuses a body that is not an object or exceeds the bounds, unparsed. */
function boundedMembers(bytes: Buffer): readonly Member[] {
  if (!isUtf8(bytes)) {
    throw new RelayError(
      "invalid_body",
      "The request body is not UTF-8. Send JSON in UTF-8, uncompressed.",
    );
  }
  if (!beginsObject(bytes)) {
    throw new RelayError(
      "invalid_body",
      "The request body is not a JSON object. Send one JSON object.",
    );
  }
  return membersOf(bytes, bodyBounds);
}

function parse<T extends TSchema>(
  check: ReturnType<typeof TypeCompiler.Compile<T>>,
  schema: T,
  bytes: Buffer,
): Static<T> {
  assertHeapRoom(bytes.length);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    // Drop the parser's message, because it quotes the body.
    throw new RelayError(
      "invalid_body",
      "The request body is not valid JSON. Send one JSON object.",
    );
  }
  if (check.Check(value)) {
    return value;
  }
  const field = check.Errors(value).First()?.path.split("/")[1] ?? "";
  const rule = (schema["properties"] as Record<string, TSchema>)[field]?.description;
  throw new RelayError("invalid_body", `\`${field}\` ${rule}.`, { param: field });
}

interface Facts {
  readonly value: Readonly<Record<string, unknown>>;
  readonly model: string | null | undefined;
  readonly stream: boolean;
  readonly expectedTokensOut: () => number;
}

/**
 * The position of the model's value; undefined if there is none.
 * @throws RelayError `duplicate_model`.
 */
function modelSpanOf(bytes: Buffer, members: readonly Member[]): Span | undefined {
  let span: Span | undefined;
  for (const member of members) {
    if (nameOf(bytes, member) === "model") {
      if (span !== undefined) {
        throw new RelayError(
          "duplicate_model",
          "The request body has more than one `model`. Send one.",
          { param: "model" },
        );
      }
      span = member.value;
    }
  }
  return span;
}

/** Does not keep the members: they would stay in memory until the answer ends. Later changes find them again. */
function requestBody(bytes: Buffer, facts: Facts, modelSpan: Span | undefined): RequestBody {
  return {
    model: facts.model?.trim() || undefined,
    value: facts.value,
    stream: facts.stream,
    byteLength: bytes.length,
    expectedTokensOut: facts.expectedTokensOut,
    // Not from `value`, which is the client's body: this one may have further messages.
    modelRequest: () => readModelRequest(JSON.parse(bytes.toString("utf8"))),
    withModel: (modelId) => spliceModel(bytes, modelSpan, modelId),
    withStreamUsage: () => {
      const options = facts.value["stream_options"];
      const known = isRecord(options) ? options : {};
      if (!facts.stream || known["include_usage"] === true) {
        return undefined;
      }
      if (options === undefined) {
        // At the end, so that the position of the model stays the same.
        const end = bytes.lastIndexOf("}");
        const asking = Buffer.concat([bytes.subarray(0, end), usageMember]);
        return requestBody(asking, facts, modelSpan);
      }
      const others = membersOf(bytes).filter(
        (member) => nameOf(bytes, member) !== "stream_options",
      );
      const value = JSON.stringify({ ...known, include_usage: true });
      const asking = joinMembers(bytes, others, `"stream_options":${value}`);
      return requestBody(asking, facts, modelSpanOf(asking, membersOf(asking)));
    },
    withMessagesInFront: (messages, dropped) => {
      const kept = membersOf(bytes).filter((member) => !dropped.has(nameOf(bytes, member)));
      const more = prependMessages(bytes, lastMessagesOnly(bytes, kept), messages);
      return requestBody(more, facts, modelSpanOf(more, membersOf(more)));
    },
  };
}

/** Follows the last member of a body, which has at least `messages`. */
const usageMember = Buffer.from(',"stream_options":{"include_usage":true}}');

/** Joins the unchanged bytes of the kept members and one more member. */
function joinMembers(bytes: Buffer, kept: readonly Member[], more: string): Buffer {
  const texts = kept.map(({ name, value }) => bytes.subarray(name.start, value.end));
  const parts = texts.flatMap((text) => [text, Buffer.from(",")]);
  return Buffer.concat([Buffer.from("{"), ...parts, Buffer.from(`${more}}`)]);
}

/** Drops all but the last `messages`, the one that parsers use. Else each would get a copy of the messages in front. */
function lastMessagesOnly(bytes: Buffer, members: readonly Member[]): readonly Member[] {
  const isMessages = (member: Member) => nameOf(bytes, member) === "messages";
  const last = members.findLast(isMessages);
  return members.filter((member) => member === last || !isMessages(member));
}

/** Joins the unchanged bytes of the kept members, with further messages in front of the client's. */
function prependMessages(
  bytes: Buffer,
  kept: readonly Member[],
  messages: readonly string[],
): Buffer {
  const parts: Buffer[] = [];
  for (const member of kept) {
    parts.push(Buffer.from(parts.length === 0 ? "{" : ","));
    const { name, value } = member;
    if (messages.length === 0 || nameOf(bytes, member) !== "messages") {
      parts.push(bytes.subarray(name.start, value.end));
      continue;
    }
    const others = bytes.subarray(value.start + 1, value.end);
    const isEmpty = others.toString("latin1").trim() === "]";
    parts.push(
      bytes.subarray(name.start, value.start + 1),
      Buffer.from(messages.join(",") + (isEmpty ? "" : ",")),
      others,
    );
  }
  parts.push(Buffer.from("}"));
  return Buffer.concat(parts);
}

/** Replaces the client's model id, or adds one as the first member if there is none. */
function spliceModel(bytes: Buffer, span: Span | undefined, modelId: string): Buffer {
  const value = Buffer.from(JSON.stringify(modelId));
  if (span === undefined) {
    const inside = bytes.indexOf("{") + 1;
    return Buffer.concat([
      bytes.subarray(0, inside),
      Buffer.from('"model":'),
      value,
      // The comma is safe: a checked body is never empty, it has at least `messages` or `input`.
      Buffer.from(","),
      bytes.subarray(inside),
    ]);
  }
  const before = bytes.subarray(0, span.start);
  const after = bytes.subarray(span.end);
  return bytes.subarray(span.start, span.end).equals(value)
    ? bytes
    : Buffer.concat([before, value, after]);
}
