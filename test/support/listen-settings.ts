/** A listener's settings with their defaults. */
import { resolveConfig } from "../../src/config/resolve.ts";
import type { ListenSettings } from "../../src/config/schema.ts";

const { listen } = resolveConfig({ listen: { port: 1 } });
if (listen === undefined) {
  throw new Error("the config has no listener");
}

/** On any free port; a config cannot ask for that. */
export const listenSettings: ListenSettings = { ...listen, port: 0 };
