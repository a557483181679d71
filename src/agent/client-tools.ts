/** Checks of the client's own tools in an agent run. */
import { refusal } from "../protocols/core-error.ts";
import type { ClientTool, RequiredCall } from "../protocols/turn.ts";

/** OpenAI's rule for a function's name. */
const plainName = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Checks the client's tool names for a run with limited host tools. They go into the host's tool list, where names such as
 * `*` and `group:fs` stand for many tools.
 * @throws RelayError `invalid_body` for a name that OpenAI's rule does not allow.
 */
export function assertPlainNames(tools: readonly ClientTool[]): void {
  if (!tools.every((tool) => plainName.test(tool.function.name))) {
    throw refusal(
      "Invalid tools/tool_choice: with this key, a tool's name must be 1 to 64 letters, digits, underscores and dashes",
    );
  }
}

/** The error message for an answer without the required call; undefined if nothing is missing. */
export function missingCall(
  required: RequiredCall | undefined,
  calls: readonly { readonly name: string }[],
): string | undefined {
  if (required === undefined) {
    return undefined;
  }
  const { name } = required;
  if (name === undefined) {
    return calls.length > 0
      ? undefined
      : "tool_choice=required was not satisfied by the agent response";
  }
  return calls.some((call) => call.name === name)
    ? undefined
    : `tool_choice required a ${name} tool call, but the agent did not produce one`;
}
