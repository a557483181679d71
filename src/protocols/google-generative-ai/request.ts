/** Writes a request to a model for Google's Gemini API (ai.google.dev/api/generate-content). */
import { isRecord, recordOf } from "../../text/json.ts";
import { dropMarks } from "../marks.ts";
import type { ModelRequest, Tool } from "../model-request.ts";
import { createParameters, type Parameters } from "../parameters.ts";
import type { EncodeContext, EncodedRequest } from "../wire.ts";
import { writeContents } from "./contents.ts";
import { writeGenerationConfig } from "./generation-config.ts";
import { ownMembers } from "./part.ts";

type Json = Readonly<Record<string, unknown>>;

/** What differs between the two places where Google serves the API. */
interface Dialect {
  /** The path in front of a model's id, relative to the base URL. */
  readonly modelsPath: string;
  /** Whether calls and their results have ids; they match by name and order if not. */
  readonly hasCallIds: boolean;
}

/** Members of Google's body that chat completions does not have, by both of the names that Google's JSON takes. */
const bodyMembers: readonly (readonly [name: string, otherName: string])[] = [
  ["labels", "labels"],
  ["safetySettings", "safety_settings"],
  ["cachedContent", "cached_content"],
  ["toolConfig", "tool_config"],
  ["generationConfig", "generation_config"],
];

export const ownParameters: ReadonlySet<string> = new Set([
  ...bodyMembers.flat(),
  "thinking_config",
  "top_k",
  // The envelope in which clients of Google's OpenAI-compatible endpoint send the members above.
  "extra_body",
]);

export function encode(
  request: ModelRequest,
  context: EncodeContext,
  dialect: Dialect,
): EncodedRequest {
  const parameters = createParameters(opened(request.parameters));
  dropMarks(request, {}, parameters);
  const { system, contents } = writeContents(request, {
    context,
    parameters,
    hasCallIds: dialect.hasCallIds,
  });
  const body: Record<string, unknown> = { contents };
  if (system.length > 0) {
    body["systemInstruction"] = { parts: system };
  }
  for (const [name, otherName] of bodyMembers) {
    const value = parameters.take(name) ?? parameters.take(otherName);
    if (value !== undefined) {
      body[name] = value;
    }
  }
  const generationConfig = writeGenerationConfig(
    parameters,
    context.model,
    body["generationConfig"],
  );
  if (Object.keys(generationConfig).length > 0) {
    body["generationConfig"] = generationConfig;
  }
  if (request.tools.length > 0) {
    body["tools"] = writeTools(request.tools, parameters);
  }
  const choice = writeToolChoice(request);
  if (choice !== undefined) {
    const own = recordOf(body["toolConfig"]);
    const ownChoice = recordOf(own["functionCallingConfig"]);
    body["toolConfig"] = { ...own, functionCallingConfig: { ...ownChoice, ...choice } };
  }
  return {
    path: `${dialect.modelsPath}${modelPath(context.model.id)}:streamGenerateContent?alt=sse`,
    headers: {},
    body,
    dropped: [...request.unknownMembers, ...parameters.dropped()],
  };
}

/** Hosts write `models/…` and `google/…`, too, and none of Google's ids has a slash. */
export function modelPath(id: string): string {
  return encodeURIComponent(id.replace(/^(?:models|google)\//, ""));
}

/** `extra_body.google` holds what the body may hold itself, which wins. */
function opened(values: Json): Json {
  const { extra_body: extra, ...rest } = values;
  const google = isRecord(extra) && Object.keys(extra).length === 1 ? extra["google"] : undefined;
  return isRecord(google) && Object.keys(google).every((name) => ownParameters.has(name))
    ? { ...google, ...rest }
    : values;
}

function writeTools(tools: readonly Tool[], parameters: Parameters): readonly Json[] {
  const functionDeclarations: Json[] = [];
  const own: Json[] = [];
  for (const tool of tools) {
    if (tool.kind === "vendor") {
      own.push(ownMembers(tool.value));
      continue;
    }
    if (tool.strict === true) {
      parameters.drop("tools.strict");
    }
    const { name, description, parameters: schema } = tool;
    functionDeclarations.push({
      name,
      ...(description === undefined ? {} : { description }),
      ...(schema === undefined ? {} : { parametersJsonSchema: schema }),
    });
  }
  return functionDeclarations.length === 0 ? own : [{ functionDeclarations }, ...own];
}

function writeToolChoice({ toolChoice, tools }: ModelRequest): Json | undefined {
  switch (toolChoice?.kind) {
    case undefined:
      return undefined;
    case "auto":
    case "none":
      // Google refuses the choice without functions. Without them, these two say what is so anyway.
      return tools.some(({ kind }) => kind === "function")
        ? { mode: toolChoice.kind.toUpperCase() }
        : undefined;
    case "required":
      return { mode: "ANY" };
    case "function":
      return { mode: "ANY", allowedFunctionNames: [toolChoice.name] };
  }
}
