/** The plugin's manifest, openclaw.plugin.json (the host's docs/plugins/manifest). `node scripts/manifest.ts` writes it. */
import { writeFileSync } from "node:fs";
import packageJson from "../package.json" with { type: "json" };
import { secretPaths } from "../src/config/observability.ts";
import { configSchema } from "../src/config/schema.ts";
import { rootCommand } from "../src/control/cli.ts";
import { uiHints } from "./settings.ts";

/** The content of the manifest. Its config schema comes from src/config/schema.ts. */
export function pluginManifest(): Record<string, unknown> {
  return {
    id: "passthrough",
    name: "Passthrough",
    version: packageJson.version,
    description: packageJson.description,
    categories: ["models"],
    activation: { onStartup: true },
    cliCommands: [rootCommand],
    configSchema: withoutHints(configSchema),
    // A secret that cannot be resolved costs the traces or the alerts, not the gateway's start.
    configContracts: {
      secretInputs: {
        paths: secretPaths.map((path) => ({ path, expected: "string", ownerKind: "capability" })),
      },
    },
    uiHints: uiHints(),
  };
}

/** The schema as JSON, without TypeBox's symbols and the members that `uiHints` contains. */
function withoutHints(schema: object): unknown {
  return JSON.parse(
    JSON.stringify(schema, (name, value: unknown) => (name === "hint" ? undefined : value)),
  );
}

export const manifestFile = new URL("../openclaw.plugin.json", import.meta.url);

if (import.meta.main) {
  writeFileSync(manifestFile, `${JSON.stringify(pluginManifest(), null, 2)}\n`);
}
