/** The scripted wires, one line each. */
import { scriptedAnthropic } from "./anthropic-messages.ts";
import { scriptedGoogle } from "./google-generative-ai.ts";
import { scriptedOllama } from "./ollama.ts";
import { scriptedAzureResponses, scriptedResponses } from "./openai-responses.ts";
import type { ScriptedWire } from "./scene.ts";

export const scriptedWires: readonly ScriptedWire[] = [
  scriptedAnthropic,
  scriptedResponses,
  scriptedAzureResponses,
  scriptedGoogle,
  scriptedOllama,
];
