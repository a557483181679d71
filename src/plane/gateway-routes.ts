/** The routes that the plugin registers with the gateway. A test compares them with the relay's endpoints. */
import type { HandedOver } from "./handed-over.ts";

interface GatewayRoute {
  readonly path: string;
  readonly match: "exact" | "prefix";
  readonly surface: HandedOver["surface"];
}

export const gatewayRoutes: readonly GatewayRoute[] = [
  { path: "/v1/chat/completions", match: "exact", surface: "operator" },
  { path: "/v1/embeddings", match: "exact", surface: "operator" },
  { path: "/v1/models", match: "prefix", surface: "operator" },
  { path: "/passthrough/v1", match: "prefix", surface: "keyed" },
  { path: "/passthrough/metrics", match: "exact", surface: "keyed" },
  { path: "/passthrough/operator/metrics", match: "exact", surface: "operator" },
];
