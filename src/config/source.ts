/** Port: the source of the configuration. */
import type { RelayConfig } from "./schema.ts";

export interface ConfigSource {
  /** The current configuration; a different object after each change. */
  config(): Readonly<RelayConfig>;
}
