/** The one place that compares modes. */
import type { RelayConfig } from "../config/schema.ts";
import type { Mode } from "./mode.ts";
import { passthrough } from "./passthrough.ts";

const modes = { passthrough } satisfies Record<RelayConfig["mode"], Mode>;

/** The mode that serves a request. */
export function selectMode(config: Pick<RelayConfig, "mode">): Mode {
  return modes[config.mode];
}
