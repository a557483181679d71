/** Resolves routes to providers. */
import { LRUCache } from "lru-cache";
import type { OpenClawConfig } from "openclaw/plugin-sdk/plugin-entry";
import { prepareSimpleCompletionModelForAgent } from "openclaw/plugin-sdk/simple-completion-runtime";
import { perSnapshot } from "../config/per-snapshot.ts";
import { RelayError } from "../errors.ts";
import { openAiChat } from "../protocols/openai-chat/protocol.ts";
import { wireOf } from "../protocols/wires.ts";
import { cachedRoutes } from "../routing/cached-routes.ts";
import { modelName, type Route, type Target } from "../routing/route.ts";
import { modelFacts } from "./model-facts.ts";
import { isListed, loadCatalog } from "./models.ts";
import { type PreparedModel, toRoute } from "./provider-route.ts";

/** APIs whose providers also offer OpenAI's embeddings endpoint. */
const openAiCompatible: ReadonlySet<string> = new Set(["openai-completions", "openai-responses"]);

export interface Routes {
  route(target: Target): Promise<Route>;
  embeddingsRoute(target: Target): Promise<Route>;
  /**
   * The model of a route, as the host has prepared it.
   * @throws RelayError as `route` does.
   */
  prepared(route: PreparedRoute): Promise<PreparedModel>;
}

type PreparedRoute = Pick<Route, "agentId" | "provider" | "modelId">;

/** As many as there are cached routes. */
const maxModels = 1000;

export function createRoutes(current: () => OpenClawConfig): Routes {
  const models = perSnapshot(
    current,
    () => new LRUCache<string, PreparedModel>({ max: maxModels }),
  );
  const route = cachedRoutes(current, async (target) => {
    const known = models();
    const { route: resolved, model } = await resolveRoute(current(), target);
    known.set(idOf(resolved), model);
    return resolved;
  });
  return {
    route,
    async prepared(of) {
      const model = models().get(idOf(of));
      if (model !== undefined) {
        return model;
      }
      // The gateway's config has changed since the route was resolved.
      const { agentId } = of;
      const again = await route({ agentId, modelRef: modelName(of), namedBy: "agent" });
      return models().get(idOf(again)) ?? unknownModel({ agentId, modelRef: modelName(of) });
    },
    embeddingsRoute: cachedRoutes(current, (target) =>
      resolveEmbeddingsRoute(current(), target, route),
    ),
  };
}

function idOf({ agentId, provider, modelId }: PreparedRoute): string {
  return JSON.stringify([agentId, provider, modelId]);
}

interface Resolved {
  readonly route: Route;
  readonly model: PreparedModel;
}

async function resolveRoute(config: OpenClawConfig, target: Target): Promise<Resolved> {
  const prepared = await prepare(config, target);
  if ("route" in prepared) {
    return prepared;
  }
  // The host's message is only the `cause`: it goes neither to the client nor into the log.
  const { cause } = prepared;
  if (target.namedBy === "client" && !(await isKnown(config, target))) {
    throw new RelayError(
      "model_not_found",
      `The gateway has no model ${JSON.stringify(target.modelRef)}. GET /v1/models lists its models.`,
      { param: "model", cause },
    );
  }
  return unknownModel(target, cause);
}

function unknownModel(target: Pick<Target, "agentId" | "modelRef">, cause?: unknown): never {
  throw new RelayError(
    "provider_not_configured",
    `The gateway cannot use ${JSON.stringify(target.modelRef ?? `the primary model of agent ${target.agentId}`)}: ` +
      "the model is unknown or its provider has no key. The gateway's operator can run `openclaw models status` to see which.",
    { cause },
  );
}

/** The host returns an `error` or throws. It throws, for example, when a provider's plugin cannot get its token. */
async function prepare(
  config: OpenClawConfig,
  target: Target,
): Promise<Resolved | { readonly cause: unknown }> {
  try {
    const prepared = await prepareSimpleCompletionModelForAgent({
      cfg: config,
      agentId: target.agentId,
      ...(target.modelRef === undefined ? {} : { modelRef: target.modelRef }),
      allowMissingApiKeyModes: ["aws-sdk"],
    });
    return prepared.error === undefined
      ? {
          route: await describedRoute(target.agentId, prepared.model, config),
          model: prepared.model,
        }
      : { cause: new Error(prepared.error) };
  } catch (cause) {
    return { cause };
  }
}

/** The relayed protocol needs no facts. */
async function describedRoute(
  agentId: string,
  model: PreparedModel,
  config: OpenClawConfig,
): Promise<Route> {
  const route = toRoute(agentId, model, config);
  return model.api === openAiChat.api ? route : { ...route, facts: await modelFacts(model) };
}

async function isKnown(config: OpenClawConfig, target: Target): Promise<boolean> {
  const catalog = await loadCatalog(config, target.agentId);
  return target.modelRef !== undefined && isListed(catalog, target.modelRef);
}

/** @param routeOf resolves a chat model of the same provider: URL, headers and transport are the same for embeddings. */
async function resolveEmbeddingsRoute(
  config: OpenClawConfig,
  target: Target,
  routeOf: Routes["route"],
): Promise<Route> {
  const provider = target.modelRef?.split("/", 1)[0] ?? "";
  const modelId = target.modelRef?.slice(provider.length + 1) ?? "";
  const catalog = await loadCatalog(config, target.agentId);
  const siblings = catalog.filter(
    ({ provider: name, api = "" }) =>
      name === provider && (openAiCompatible.has(api) || hasEmbeddings(api)),
  );
  // If the catalog has the embedding model itself, use it: its price counts.
  const sibling =
    siblings.find(({ id }) => id === modelId) ??
    siblings.find(({ api = "" }) => openAiCompatible.has(api)) ??
    siblings[0];
  if (sibling === undefined) {
    throw new RelayError(
      "unsupported_target",
      `Embeddings need a provider that is OpenAI-compatible, Google's Gemini API or Ollama, and ${JSON.stringify(provider)} is not configured as one. ` +
        "The gateway's operator can configure it under models.providers with api openai-completions, google-generative-ai or ollama.",
      { param: "model" },
    );
  }
  const route = await routeOf({ ...target, modelRef: `${provider}/${sibling.id}` });
  return { ...route, modelId, api: hasEmbeddings(route.api) ? route.api : openAiChat.api };
}

/** Whether the relay translates embeddings for providers of an API. */
function hasEmbeddings(api: string): boolean {
  return wireOf(api)?.embeddings !== undefined;
}
