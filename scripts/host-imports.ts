/**
 * The bundle's named imports from the host. Every supported host must export all of them: since 2026.8.2 the host loads the plugin
 * as a native ES module, so one missing name stops the whole plugin. Names that an older host lacks go through
 * src/host/optional-sdk.ts. The build fails at a name that is not listed here; before you add one, look it up in openclaw 2026.5.28.
 */
import { readFileSync } from "node:fs";

const everywhere: Readonly<Record<string, readonly string[]>> = {
  "plugin-sdk/agent-harness-runtime": ["normalizeUsage"],
  "plugin-sdk/agent-runtime": [
    "agentCommandFromIngress",
    "buildModelAliasIndex",
    "ensureAuthProfileStore",
    "listAgentIds",
    "loadModelCatalog",
    "resolveAgentConfig",
    "resolveAgentDir",
    "resolveAgentWorkspaceDir",
    "resolveAllowedModelRef",
    "resolveApiKeyForProvider",
    "resolveAuthProfileOrder",
    "resolveDefaultAgentId",
    "resolveDefaultModelForAgent",
    "resolveModelRefFromString",
  ],
  "plugin-sdk/core": ["resolveClientIp", "resolveGatewayPort"],
  "plugin-sdk/diagnostic-runtime": [
    "hasPendingInternalDiagnosticEvent",
    "isDiagnosticsEnabled",
    "onInternalDiagnosticEvent",
    "waitForDiagnosticEventsDrained",
  ],
  "plugin-sdk/gateway-runtime": ["callGatewayFromCli"],
  "plugin-sdk/image-generation-core": ["describeFailoverError"],
  "plugin-sdk/media-mime": ["detectMime", "normalizeMimeType"],
  "plugin-sdk/media-runtime": [
    "canonicalizeBase64",
    "estimateBase64DecodedBytes",
    "readResponseWithLimit",
  ],
  "plugin-sdk/plugin-entry": ["definePluginEntry"],
  "plugin-sdk/plugin-runtime": ["getPluginRuntimeGatewayRequestScope"],
  "plugin-sdk/reply-history": ["buildHistoryContext"],
  "plugin-sdk/routing": ["normalizeAgentId", "normalizeMessageChannel", "parseAgentSessionKey"],
  "plugin-sdk/session-store-runtime": ["listSessionEntries", "resolveStorePath"],
  "plugin-sdk/simple-completion-runtime": ["prepareSimpleCompletionModelForAgent"],
  "plugin-sdk/ssrf-runtime": ["fetchWithSsrFGuard"],
  "plugin-sdk/web-media": ["optimizeImageToJpeg"],
};

interface Import {
  readonly module: string;
  readonly name: string;
}

/** The named imports from `openclaw/…` in a bundle. */
export function hostImports(bundle: string): readonly Import[] {
  const clauses = bundle.matchAll(
    /(?:^|[;}])import\s*\{([^}]*)\}\s*from\s*["']openclaw\/([^"']+)["']/gm,
  );
  return [...clauses].flatMap(([, names = "", module = ""]) =>
    names
      .split(",")
      .map((name) => name.trim().split(/\s+as\s+/)[0] ?? "")
      .filter(Boolean)
      .map((name) => ({ module, name })),
  );
}

/** The imports that an older host may lack. */
export function unknownImports(bundle: string): readonly Import[] {
  return hostImports(bundle).filter(({ module, name }) => !everywhere[module]?.includes(name));
}

if (import.meta.main) {
  const unknown = unknownImports(readFileSync("dist/index.js", "utf8"));
  for (const { module, name } of unknown) {
    console.error(
      `dist/index.js imports ${name} from openclaw/${module}, which older hosts may lack.`,
    );
  }
  process.exitCode = unknown.length === 0 ? 0 : 1;
}
