/** Writes a conversation as Google's `contents` and `systemInstruction`. */
import { RelayError } from "../../errors.ts";
import { parseRecord } from "../../text/json.ts";
import type { AssistantMessage, Call, Message, Part, ToolMessage } from "../model-request.ts";
import type { Parameters } from "../parameters.ts";
import type { EncodeContext } from "../wire.ts";
import { writePart } from "./part.ts";
import { signatureOf, textSignatureOf, unknownSignature } from "./thought-signature.ts";

type Json = Readonly<Record<string, unknown>>;

interface Content {
  readonly role: "user" | "model";
  readonly parts: Json[];
}

interface Conversation {
  readonly system: readonly Json[];
  readonly contents: readonly Content[];
}

interface Surroundings {
  readonly context: EncodeContext;
  readonly parameters: Parameters;
  /** Whether calls and their results have ids; they match by name and order if not. */
  readonly hasCallIds: boolean;
}

/**
 * Neighbours of one role become one content, because Google counts the results of a turn's calls in one.
 * @throws RelayError `unsupported_params` for a tool result without its call, and for arguments that are no JSON object.
 */
export function writeContents(
  messages: readonly Message[],
  surroundings: Surroundings,
): Conversation {
  const { parameters } = surroundings;
  const system: Json[] = [];
  const contents: Content[] = [];
  const callNames = new Map<string, string>();
  const add = (role: Content["role"], parts: readonly Json[]) => {
    const last = contents.at(-1);
    if (last?.role === role) {
      last.parts.push(...parts);
    } else {
      contents.push({ role, parts: [...parts] });
    }
  };
  for (const message of messages) {
    if (message.role !== "tool" && message.name !== undefined) {
      parameters.drop("messages.name");
    }
    switch (message.role) {
      case "system":
      case "developer":
        system.push(...message.parts.map((part) => writePart(part, parameters)));
        if (contents.length > 0) {
          // The API has one system prompt, in front. This message is not where the client put it.
          parameters.drop("messages.role");
        }
        break;
      case "user":
        add(
          "user",
          message.parts.map((part) => writePart(part, parameters)),
        );
        break;
      case "assistant":
        add("model", writeWords(message, surroundings));
        add(
          "model",
          message.calls.map((call, at) => writeCall(call, at === 0, surroundings)),
        );
        message.calls.forEach(({ id, name }) => callNames.set(id, name));
        break;
      case "tool":
        add("user", [writeResult(message, callNames.get(message.callId), surroundings)]);
        break;
    }
  }
  return { system, contents };
}

function unsupported(path: string, what: string): RelayError {
  return new RelayError("unsupported_params", `\`${path}\` ${what}.`, { param: path });
}

function writeCall(call: Call, isFirst: boolean, surroundings: Surroundings): Json {
  const { context, parameters, hasCallIds } = surroundings;
  const { id, name, cacheControl } = call;
  if (cacheControl !== undefined) {
    parameters.drop("messages.tool_calls.cache_control");
  }
  return {
    functionCall: { ...(hasCallIds ? { id } : {}), name, args: argumentsOf(call) },
    ...signatureMember(callSignature(call, isFirst, context)),
  };
}

/** @param name of the function that was called. */
function writeResult(
  { callId: id, path, parts }: ToolMessage,
  name: string | undefined,
  { parameters, hasCallIds }: Surroundings,
): Json {
  if (name === undefined) {
    throw unsupported(
      `${path}.tool_call_id`,
      "names no call of this conversation, whose function this provider's protocol needs",
    );
  }
  const written = parts.map((part) => writePart(part, parameters));
  const media = written.filter((_part, at) => parts[at]?.kind !== "text");
  return {
    functionResponse: {
      ...(hasCallIds ? { id } : {}),
      name,
      response: resultOf(parts),
      ...(media.length === 0 ? {} : { parts: media }),
    },
  };
}

/** All that a model said before its calls. */
function writeWords(
  { parts, refusal, reasoning, opaque, calls: [first] }: AssistantMessage,
  { context: { remembered }, parameters }: Surroundings,
): readonly Json[] {
  const words = parts
    .filter((part) => part.kind !== "text" || part.text !== "")
    .map((part) => writePart(part, parameters));
  if (refusal !== undefined) {
    words.push({ text: refusal });
  }
  const signature =
    textSignatureOf(opaque) ??
    (first === undefined ? undefined : textSignatureOf(remembered(first.id)));
  if (signature !== undefined) {
    // It came with the last part of the text, or with an empty one.
    const last = words.pop() ?? { text: "" };
    words.push({ ...last, ...signatureMember(signature) });
  }
  return reasoning === undefined || reasoning === ""
    ? words
    : [{ text: reasoning, thought: true }, ...words];
}

function signatureMember(signature: string | undefined): Json {
  return signature === undefined ? {} : { thoughtSignature: signature };
}

/** The client's copy, else what is remembered, else Google's placeholder where its newer models insist on one. */
function callSignature(
  { id, opaque }: Call,
  isFirst: boolean,
  { remembered, model }: EncodeContext,
): string | undefined {
  return (
    signatureOf(opaque === undefined ? [] : [opaque]) ??
    signatureOf(remembered(id)) ??
    (isFirst && model.thinksByEffort ? unknownSignature : undefined)
  );
}

function argumentsOf({ arguments: text, path }: Call): Json {
  const args = text.trim() === "" ? {} : parseRecord(text);
  if (args === undefined) {
    throw unsupported(
      `${path}.function.arguments`,
      "is not a JSON object, which this provider's protocol needs",
    );
  }
  return args;
}

/** Google's results are objects. */
function resultOf(parts: readonly Part[]): Json {
  const texts = parts.flatMap((part) => (part.kind === "text" ? [part.text] : []));
  const [only = ""] = texts;
  if (texts.length > 1) {
    return { output: texts };
  }
  return parseRecord(only) ?? { output: only };
}
