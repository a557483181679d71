/** A request body of the OpenAI protocol: checked once, then kept as the bytes that came. */
import { isUtf8 } from "node:buffer";
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { RelayError } from "../errors.ts";
import { memberSpans, type Span } from "./json-members.ts";

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

/** A checked body. `withModel` is the only way to change it. */
export interface RequestBody {
  /** What the client wrote as `model`, trimmed; undefined where it wrote none, `null` or only white space. */
  readonly model: string | undefined;
  /** Whether the client asked for server-sent events. */
  readonly stream: boolean;
  /** The body for a provider: the client's bytes with this model id in place of the client's. */
  withModel(modelId: string): Buffer;
}

/**
 * Checks the body of `POST /v1/chat/completions`.
 * @throws RelayError `invalid_body` or `duplicate_model`.
 */
export function parseChatBody(bytes: Buffer): RequestBody {
  const body = parse(chatCheck, chatBody, bytes);
  return requestBody(bytes, body.model, body.stream === true);
}

/**
 * Checks the body of `POST /v1/embeddings`.
 * @throws RelayError `invalid_body` or `duplicate_model`.
 */
export function parseEmbeddingsBody(bytes: Buffer): RequestBody {
  const body = parse(embeddingsCheck, embeddingsBody, bytes);
  return requestBody(bytes, body.model, false);
}

const chatCheck = TypeCompiler.Compile(chatBody);
const embeddingsCheck = TypeCompiler.Compile(embeddingsBody);

function parse<T extends TSchema>(
  check: ReturnType<typeof TypeCompiler.Compile<T>>,
  schema: T,
  bytes: Buffer,
): Static<T> {
  if (!isUtf8(bytes)) {
    throw new RelayError(
      "invalid_body",
      "The request body is not UTF-8. Send JSON in UTF-8, uncompressed.",
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    // The parser's own message quotes the body, so it goes nowhere.
    throw new RelayError(
      "invalid_body",
      "The request body is not valid JSON. Send one JSON object.",
    );
  }
  if (check.Check(value)) {
    return value;
  }
  const first = check.Errors(value).First();
  const field = first?.path.split("/")[1];
  if (field === undefined || field === "") {
    throw new RelayError(
      "invalid_body",
      "The request body is not a JSON object. Send one JSON object.",
    );
  }
  const rule = (schema["properties"] as Record<string, TSchema>)[field]?.description;
  throw new RelayError("invalid_body", `\`${field}\` ${rule}.`, { param: field });
}

function requestBody(bytes: Buffer, name: string | null | undefined, stream: boolean): RequestBody {
  const spans = memberSpans(bytes, "model");
  if (spans.length > 1) {
    throw new RelayError(
      "duplicate_model",
      "The request body has `model` more than once. Send it once.",
      { param: "model" },
    );
  }
  return {
    model: name?.trim() || undefined,
    stream,
    withModel: (modelId) => spliceModel(bytes, spans[0], modelId),
  };
}

/** Puts the model id where the client's stood, or, where it wrote none, in front of its first member. */
function spliceModel(bytes: Buffer, span: Span | undefined, modelId: string): Buffer {
  const value = Buffer.from(JSON.stringify(modelId));
  if (span === undefined) {
    const inside = bytes.indexOf("{") + 1;
    return Buffer.concat([
      bytes.subarray(0, inside),
      Buffer.from('"model":'),
      value,
      // The checks above leave no empty object: it has at least `messages` or `input`.
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
