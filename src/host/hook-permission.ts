/** Checks whether the gateway's operator allows the hooks that agent runs need. */
import type { OpenClawConfig } from "openclaw/plugin-sdk/plugin-entry";
import { RelayError } from "../errors.ts";
import type { HookPermission } from "../agent/ports.ts";

/** The settings that have to change. Until then the host drops the plugin's hooks, with a warning for each. */
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
 * @throws RelayError `hook_unavailable`, which names the setting to change.
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
