/** The plugin's manifest, openclaw.plugin.json (the host's docs/plugins/manifest). `node scripts/manifest.ts` writes it. */
import { writeFileSync } from "node:fs";
import packageJson from "../package.json" with { type: "json" };
import { configSchema } from "../src/config/schema.ts";
import { rootCommand } from "../src/control/cli.ts";

/** Everything that the manifest says. The config's schema in it is the one in src/config/schema.ts. */
export function pluginManifest(): Record<string, unknown> {
  return {
    id: "passthrough",
    name: "Passthrough",
    version: packageJson.version,
    description: packageJson.description,
    categories: ["models"],
    activation: { onStartup: true },
    cliCommands: [rootCommand],
    // Through JSON, because TypeBox marks its schemas with symbols.
    configSchema: JSON.parse(JSON.stringify(configSchema)),
    uiHints: {
      mode: { label: "Mode" },
      defaultAgent: { label: "Default agent" },
      maxBodyBytes: { label: "Largest request body (bytes)", advanced: true },
    },
  };
}

export const manifestFile = new URL("../openclaw.plugin.json", import.meta.url);

if (import.meta.main) {
  writeFileSync(manifestFile, `${JSON.stringify(pluginManifest(), null, 2)}\n`);
}
