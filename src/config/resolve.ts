/** From what an operator wrote to a configuration that needs no further checks. */
import { Value } from "@sinclair/typebox/value";
import { configSchema, type RelayConfig } from "./schema.ts";

/**
 * Fills in the defaults and freezes the result.
 * @param written `plugins.entries.passthrough.config` as the gateway holds it.
 * @throws Error that names the path and what is allowed there. The gateway checks the same schema before, so this
 * speaks only when a host does not.
 */
export function resolveConfig(written: unknown): Readonly<RelayConfig> {
  const filled = Value.Default(configSchema, structuredClone(written ?? {}));
  if (Value.Check(configSchema, filled)) {
    // Looked up by names from elsewhere, and `constructor` is none of an operator's.
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
