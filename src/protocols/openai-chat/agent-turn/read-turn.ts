/** Parses an agent turn from a chat completion's body by core's rules (the host's docs/gateway/openai-http-api.md). */
import { isRecord } from "../../../text/json.ts";
import type { AgentTurn } from "../../turn.ts";
import { requiredCallPrompt, selectTools } from "./tools.ts";
import { readConversation } from "./conversation.ts";
import { checkFields } from "./fields.ts";
import { parseSampling } from "./sampling.ts";

/** @throws RelayError `invalid_body` with core's message. */
export function readTurn(body: Readonly<Record<string, unknown>>): AgentTurn {
  checkFields(body);
  const streamParams = parseSampling(body);
  const { tools, required } = selectTools(body["tools"], body["tool_choice"]);
  const options = body["stream_options"];
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
    model: typeof body["model"] === "string" ? body["model"] : undefined,
    includesUsage: isRecord(options) && options["include_usage"] === true,
  };
}
