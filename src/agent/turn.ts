/** An agent's turn, read from the body of a chat completion by core's rules (the host's docs/gateway/openai-http-api.md). */
import {
  type ClientTool,
  type RequiredCall,
  requiredCallPrompt,
  selectTools,
} from "./client-tools.ts";
import { type Conversation, readConversation } from "./conversation.ts";
import { checkFields } from "./fields.ts";
import { parseSampling, type StreamParams } from "./sampling.ts";

export interface AgentTurn {
  readonly conversation: Conversation;
  /** The client's instructions, and what `tool_choice` adds to them. */
  readonly instructions: string | undefined;
  readonly tools: readonly ClientTool[];
  /** A call that the answer has to have. */
  readonly required: RequiredCall | undefined;
  readonly streamParams: StreamParams | undefined;
}

/** @throws RelayError `invalid_body` with what core finds wrong. */
export function parseTurn(body: Readonly<Record<string, unknown>>): AgentTurn {
  checkFields(body);
  const streamParams = parseSampling(body);
  const { tools, required } = selectTools(body["tools"], body["tool_choice"]);
  const conversation = readConversation(body["messages"]);
  const instructions = [
    conversation.instructions,
    required === undefined ? undefined : requiredCallPrompt(required),
  ]
    .filter(Boolean)
    .join("\n\n");
  return {
    conversation,
    instructions: instructions || undefined,
    tools,
    required,
    streamParams,
  };
}
