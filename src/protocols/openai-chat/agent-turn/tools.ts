/** The client's own tools in an agent turn, and the effect of `tool_choice` on them. */
import { isRecord } from "../../../text/json.ts";
import type { ClientTool, RequiredCall } from "../../turn.ts";
import { refusal } from "../../core-error.ts";
import { trimmed } from "../../../text/trimmed.ts";

export interface ToolSelection {
  /** The tools that the agent sees. */
  readonly tools: readonly ClientTool[];
  readonly required: RequiredCall | undefined;
}

/** Applies `tool_choice` to the client's tools. @throws RelayError `invalid_body` with core's message. */
export function selectTools(tools: unknown, toolChoice: unknown): ToolSelection {
  const all = parseTools(tools);
  const choice = parseChoice(toolChoice);
  if (choice === "auto") {
    return { tools: all, required: undefined };
  }
  if (choice === "none") {
    return { tools: [], required: undefined };
  }
  const chosen =
    choice.name === undefined ? all : all.filter((tool) => tool.function.name === choice.name);
  if (chosen.length === 0) {
    throw invalid(
      choice.name === undefined
        ? "tool_choice=required but no tools were provided"
        : `tool_choice requested unknown tool: ${choice.name}`,
    );
  }
  return { tools: chosen, required: choice };
}

/** The instruction that makes an agent call a required tool. */
export function requiredCallPrompt({ name }: RequiredCall): string {
  return name === undefined
    ? "You must call one of the available tools before responding."
    : `You must call the ${name} tool before responding.`;
}

function parseTools(tools: unknown): ClientTool[] {
  return ((tools ?? []) as readonly unknown[]).map((tool) => {
    if (!isRecord(tool)) {
      throw invalid("each tool must be an object");
    }
    if (tool["type"] !== "function") {
      throw invalid("only function tools are supported");
    }
    const described = tool["function"];
    if (!isRecord(described)) {
      throw invalid("tool.function is required");
    }
    const name = trimmed(described["name"]);
    if (name === undefined) {
      throw invalid("tool.function.name is required");
    }
    const { description, parameters, strict } = described;
    return {
      type: "function",
      function: {
        name,
        ...(typeof description === "string" ? { description } : {}),
        ...(isRecord(parameters) ? { parameters } : {}),
        ...(typeof strict === "boolean" ? { strict } : {}),
      },
    };
  });
}

function parseChoice(choice: unknown): "auto" | "none" | RequiredCall {
  if (choice === undefined || choice === null || choice === "auto") {
    return "auto";
  }
  if (choice === "none") {
    return "none";
  }
  if (choice === "required") {
    return { name: undefined };
  }
  if (!isRecord(choice)) {
    throw invalid("tool_choice must be a string or object");
  }
  const { type } = choice;
  if (type !== "function") {
    throw invalid(
      typeof type === "string"
        ? `tool_choice ${type} is not supported`
        : "unsupported tool_choice type",
    );
  }
  const described = choice["function"];
  const name = isRecord(described) ? trimmed(described["name"]) : undefined;
  if (name === undefined) {
    throw invalid("tool_choice.function.name is required");
  }
  return { name };
}

function invalid(what: string) {
  return refusal(`Invalid tools/tool_choice: ${what}`);
}
