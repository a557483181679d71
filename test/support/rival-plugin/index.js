/** A plugin that puts its own prompt into every run whose message says "rival", before anybody else can. */
import { definePluginEntry } from "openclaw/plugin-sdk/plugin-entry";

export default definePluginEntry({
  id: "rival",
  name: "Rival",
  description: "Takes other plugins' prompts away, for a test.",
  register(api) {
    api.on(
      "before_prompt_build",
      ({ prompt }) => (prompt.includes("rival") ? { systemPrompt: "I am the rival." } : undefined),
      { priority: 1000 },
    );
  },
});
