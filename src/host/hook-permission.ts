/** Whether the gateway's operator lets the plugin have the hooks that an agent run needs. */
import type { OpenClawConfig } from "openclaw/plugin-sdk/plugin-entry";
import { RelayError } from "../errors.ts";

/**
 * @param why what needs the hooks, as the beginning of a sentence.
 * @throws RelayError `hook_unavailable` that names the key to change.
 */
export function assertHooksAllowed(config: OpenClawConfig, why: string): void {
  const hooks = config.plugins?.entries?.["passthrough"]?.hooks;
  if (hooks?.allowConversationAccess !== true) {
    throw unavailable(why, "allowConversationAccess has to be true");
  }
  if (hooks.allowPromptInjection === false) {
    throw unavailable(why, "allowPromptInjection must not be false");
  }
}

function unavailable(why: string, what: string): RelayError {
  return new RelayError("hook_unavailable", `${why}: plugins.entries.passthrough.hooks.${what}.`);
}
