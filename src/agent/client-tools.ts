/** The client's own tools in an agent's run. */
import { refusal } from "../protocols/core-error.ts";
import type { ClientTool, RequiredCall } from "../protocols/turn.ts";

/** What a provider takes as a function's name (OpenAI's rule). */
const plainName = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * For a run whose host tools are limited: the host takes `*` and `group:fs` in a list of tools for many.
 * @throws RelayError `invalid_body` for a name that may mean more than itself.
 */
export function assertPlainNames(tools: readonly ClientTool[]): void {
  if (!tools.every((tool) => plainName.test(tool.function.name))) {
    throw refusal(
      "Invalid tools/tool_choice: a tool's name has to have 1 to 64 letters, digits, underscores and dashes here",
    );
  }
}

/** What is wrong with an answer's calls; undefined where they are as required. */
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
