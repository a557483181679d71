/** Where the configuration comes from. */
import type { RelayConfig } from "./schema.ts";

export interface ConfigSource {
  /** The configuration as it is now; another object after each change. */
  config(): Readonly<RelayConfig>;
}
