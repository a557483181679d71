/** Whether the gateway's operator lets the plugin have the hooks that an agent run needs. */
import type { OpenClawConfig } from "openclaw/plugin-sdk/plugin-entry";
import { RelayError } from "../errors.ts";
import type { HookPermission } from "../agent/ports.ts";

/** The settings that would have to be another way. Until they are, the host drops the hooks, with a warning for each. */
export function missingHookPermissions(config: OpenClawConfig): readonly HookPermission[] {
  const hooks = config.plugins?.entries?.["passthrough"]?.hooks;
  return [
    ...(hooks?.allowConversationAccess === true
      ? []
      : [{ key: "allowConversationAccess", value: true }]),
    ...(hooks?.allowPromptInjection === false
      ? [{ key: "allowPromptInjection", value: true }]
      : []),
  ];
}

/**
 * @param why what needs the hooks, as the beginning of a sentence.
 * @throws RelayError `hook_unavailable` that names the key to change.
 */
export function assertHooksAllowed(config: OpenClawConfig, why: string): void {
  const [missing] = missingHookPermissions(config);
  if (missing !== undefined) {
    throw new RelayError(
      "hook_unavailable",
      `${why}: plugins.entries.passthrough.hooks.${missing.key} must be ${missing.value}.`,
    );
  }
}
