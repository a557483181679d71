/** Routes to providers, worked out once for each snapshot of the config. */
import { LRUCache } from "lru-cache";
import type { OpenClawConfig } from "openclaw/plugin-sdk/plugin-entry";
import { prepareSimpleCompletionModelForAgent } from "openclaw/plugin-sdk/simple-completion-runtime";
import { RelayError } from "../errors.ts";
import type { Route, Target } from "../routing/route.ts";
import { isListed, loadCatalog } from "./models.ts";
import { toRoute } from "./provider-route.ts";
import { perSnapshot } from "./snapshot.ts";

/**
 * Routes remembered for one snapshot. The host keeps what it has prepared for a model until it ends, 29 KB for a model of its
 * catalog and some 300 KB for any other (openclaw 2026.9.6), so asking it again for one is not free.
 */
const maxRoutes = 1000;

/** APIs whose providers have the OpenAI embeddings resource beside them. */
const openAiCompatible: ReadonlySet<string> = new Set(["openai-completions", "openai-responses"]);

interface Routes {
  route(target: Target): Promise<Route>;
  embeddingsRoute(target: Target): Promise<Route>;
}

export function createRoutes(current: () => OpenClawConfig): Routes {
  const remember = (resolve: (config: OpenClawConfig, target: Target) => Promise<Route>) => {
    const routes = perSnapshot(
      current,
      () => new LRUCache<string, Promise<Route>>({ max: maxRoutes }),
    );
    return (target: Target) => {
      const known = routes();
      const id = `${target.agentId} ${target.namedBy} ${target.modelRef ?? ""}`;
      let route = known.get(id);
      if (route === undefined) {
        route = resolve(current(), target);
        known.set(id, route);
        // A failure may pass: a key that was missing is added without a change of the config.
        route.catch(() => known.delete(id));
      }
      return route;
    };
  };
  const route = remember(resolveRoute);
  return {
    route,
    embeddingsRoute: remember((config, target) => resolveEmbeddingsRoute(config, target, route)),
  };
}

async function resolveRoute(config: OpenClawConfig, target: Target): Promise<Route> {
  const prepared = await prepare(config, target);
  if ("route" in prepared) {
    return prepared.route;
  }
  // The host's words are the cause only: they go neither to the client nor into the log.
  const { cause } = prepared;
  if (target.namedBy === "client" && !(await isKnown(config, target))) {
    throw new RelayError(
      "model_not_found",
      `The gateway has no model ${JSON.stringify(target.modelRef)}. GET /v1/models lists its models.`,
      { param: "model", cause },
    );
  }
  throw new RelayError(
    "provider_not_configured",
    `The gateway cannot use ${JSON.stringify(target.modelRef ?? `the primary model of agent ${target.agentId}`)}: ` +
      "the model is unknown or its provider has no key. The gateway's operator can run `openclaw models status` to see which.",
    { cause },
  );
}

/** The host says that it can't by an `error`, or throws it: a provider's plugin that can't get its token does. */
async function prepare(
  config: OpenClawConfig,
  target: Target,
): Promise<{ readonly route: Route } | { readonly cause: unknown }> {
  try {
    const prepared = await prepareSimpleCompletionModelForAgent({
      cfg: config,
      agentId: target.agentId,
      ...(target.modelRef === undefined ? {} : { modelRef: target.modelRef }),
      allowMissingApiKeyModes: ["aws-sdk"],
    });
    return prepared.error === undefined
      ? { route: toRoute(target.agentId, prepared.model, config) }
      : { cause: new Error(prepared.error) };
  } catch (cause) {
    return { cause };
  }
}

async function isKnown(config: OpenClawConfig, target: Target): Promise<boolean> {
  const catalog = await loadCatalog(config, target.agentId);
  return target.modelRef !== undefined && isListed(catalog, target.modelRef);
}

/** @param routeOf how a chat model is reached: what the host prepares for it serves all models of its provider. */
async function resolveEmbeddingsRoute(
  config: OpenClawConfig,
  target: Target,
  routeOf: Routes["route"],
): Promise<Route> {
  const provider = target.modelRef?.split("/", 1)[0] ?? "";
  const modelId = target.modelRef?.slice(provider.length + 1) ?? "";
  const catalog = await loadCatalog(config, target.agentId);
  const siblings = catalog.filter(
    (entry) => entry.provider === provider && openAiCompatible.has(entry.api ?? ""),
  );
  // A model that the catalog has is its own: its price counts.
  const sibling = siblings.find(({ id }) => id === modelId) ?? siblings[0];
  if (sibling === undefined) {
    throw new RelayError(
      "unsupported_target",
      `Embeddings need an OpenAI-compatible provider, and ${JSON.stringify(provider)} is not configured as one. ` +
        "The gateway's operator can configure it under models.providers with api openai-completions.",
      { param: "model" },
    );
  }
  const route = await routeOf({ ...target, modelRef: `${provider}/${sibling.id}` });
  return { ...route, modelId, api: "openai-completions" };
}
