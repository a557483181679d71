/** Turns the operator's config into a checked configuration with defaults. */
import { Value } from "@sinclair/typebox/value";
import { configSchema, type RelayConfig } from "./schema.ts";

/**
 * Fills in the defaults and freezes the result.
 * @param written the gateway's `plugins.entries.passthrough.config`.
 * @throws Error, which names the path and what is allowed there. Normally the gateway has checked the same schema before,
 * so this concerns only hosts that do not.
 */
export function resolveConfig(written: unknown): Readonly<RelayConfig> {
  const filled = Value.Default(configSchema, structuredClone(written ?? {}));
  if (Value.Check(configSchema, filled)) {
    // These are looked up by names from requests. Without a prototype, a name such as `constructor` finds nothing.
    for (const named of [filled.agents, filled.keys, filled.upstream.providers]) {
      Object.setPrototypeOf(named, null);
    }
    return Object.freeze(filled);
  }
  const first = Value.Errors(configSchema, filled).First();
  const path = `plugins.entries.passthrough.config${(first?.path ?? "").replaceAll("/", ".")}`;
  const allowed: readonly string[] | undefined = first?.schema["enum"];
  const rule = allowed === undefined ? first?.message : `must be one of ${JSON.stringify(allowed)}`;
  throw new Error(`${path}: ${rule ?? "does not fit the schema"}`);
}
