/** Writes a conversation as Google's `contents` and `systemInstruction`. */
import { parseRecord } from "../../text/json.ts";
import { callArguments } from "../call-arguments.ts";
import { spokenParts, statesOf } from "../earlier-answer.ts";
import type { AssistantMessage, Call, ModelRequest, Part, ToolMessage } from "../model-request.ts";
import type { Parameters } from "../parameters.ts";
import { inTurns } from "../turns.ts";
import { unsupported } from "../unsupported.ts";
import type { EncodeContext } from "../wire.ts";
import { writePart } from "./part.ts";
import { signaturesOf, textSignaturesOf, unknownSignature } from "./thought-signature.ts";

type Json = Readonly<Record<string, unknown>>;

interface Content {
  readonly role: "user" | "model";
  readonly parts: readonly Json[];
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

/** @throws RelayError `unsupported_params` for a tool result without its call, and for arguments that are no JSON object. */
export function writeContents(
  { messages }: ModelRequest,
  surroundings: Surroundings,
): Conversation {
  const { parameters } = surroundings;
  const callNames = new Map<string, string>();
  const part = (value: Part) => writePart(value, parameters);
  const { system, turns } = inTurns(
    messages,
    {
      part,
      answer(message) {
        message.calls.forEach(({ id, name }) => callNames.set(id, name));
        return [
          ...writeWords(message, surroundings),
          ...message.calls.map((call, at) => writeCall(call, at === 0, surroundings)),
        ];
      },
      result: (message) => writeResult(message, callNames.get(message.callId), surroundings),
    },
    parameters,
  );
  return {
    system,
    contents: turns.map(({ role, items }) => ({
      role: role === "user" ? role : "model",
      parts: items,
    })),
  };
}

function writeCall(call: Call, isFirst: boolean, surroundings: Surroundings): Json {
  const { context, hasCallIds } = surroundings;
  const { id, name } = call;
  return {
    functionCall: { ...(hasCallIds ? { id } : {}), name, args: callArguments(call) },
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
  message: AssistantMessage,
  { context: { remembered }, parameters }: Surroundings,
): readonly Json[] {
  const { refusal, reasoning } = message;
  const words = spokenParts(message).map((part) => writePart(part, parameters));
  if (refusal !== undefined) {
    words.push({ text: refusal });
  }
  const signature = statesOf(message, remembered, textSignaturesOf).at(-1);
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
  const own = opaque === undefined ? [] : signaturesOf(opaque);
  const known = own.length > 0 ? own : remembered(id).flatMap(signaturesOf);
  return known.at(-1) ?? (isFirst && model.thinksByEffort ? unknownSignature : undefined);
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
