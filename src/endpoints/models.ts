/** `GET /v1/models` and `GET /v1/models/{id}`. */
import { RelayError } from "../errors.ts";
import { sendJson } from "../http/reply.ts";
import type { Endpoint } from "../http/route.ts";
import { type Caller, hasScope, requireScope } from "../access/caller.ts";
import {
  type AgentDirectory,
  agentDirectory,
  agentForModel,
  defaultAgent,
} from "../routing/agent.ts";
import { type DirectModel, modelName } from "../routing/route.ts";
import type { HookPermissions, HostAbilities } from "../agent/ports.ts";
import { createServableAgents } from "./servable-agents.ts";
import type { TargetSources } from "../routing/candidates.ts";

/** OpenAI's model object, with the members that core's endpoint gives it. */
interface ModelObject {
  readonly id: string;
  readonly object: "model";
  readonly created: 0;
  readonly owned_by: string;
  readonly permission: readonly never[];
  /** The following members are OpenRouter's, and known to its clients. They are missing if the gateway does not know. */
  readonly context_length?: number;
  readonly architecture?: { readonly input_modalities: readonly string[] };
  readonly pricing?: Pricing;
}

/** US dollars per token, as decimal numbers in texts. */
interface Pricing {
  readonly prompt: string;
  readonly completion: string;
  readonly input_cache_read: string;
  readonly input_cache_write: string;
}

/** The sources of the list of models. */
export type ModelSources = HookPermissions & HostAbilities & TargetSources;

/** @param collection the path of the list. A model's own path is `collection/id`. */
export function createModels(host: ModelSources, collection: string): Endpoint<Caller> {
  const isServed = createServableAgents(host);
  return async ({ request, caller, client }) => {
    requireScope(caller.scopes, "operator.read", "Listing models");
    const id = requestedId(request.url ?? collection, collection);
    const models = await listModels(host, caller, isServed);
    if (id === undefined) {
      sendJson(client, 200, { object: "list", data: models });
      return;
    }
    const found = models.find((model) => model.id === id);
    if (found === undefined) {
      throw new RelayError(
        "model_not_found",
        `There is no model ${JSON.stringify(id)}. GET ${collection} lists the models.`,
        { param: "model" },
      );
    }
    sendJson(client, 200, found);
  };
}

/** The agents as core lists them, without those that would be refused; then the models that the caller may name. */
async function listModels(
  host: ModelSources,
  caller: Caller,
  isServed: ReturnType<typeof createServableAgents>,
): Promise<ModelObject[]> {
  const directory = agentDirectory(host, caller.grant);
  const agents: string[] = [];
  for (const agentId of directory.ids) {
    if (await isServed(caller, agentId)) {
      agents.push(agentId);
    }
  }
  const byDefault = defaultAgent(directory);
  const names = [
    ...(byDefault !== undefined && agents.includes(byDefault)
      ? ["openclaw", "openclaw/default"]
      : []),
    ...agents.map((id) => `openclaw/${id}`),
  ];
  const direct = await directModels(host, caller, directory);
  return [
    // A set, because an agent may be called `default`.
    ...[...new Set(names)].map((id) => modelObject(id, "openclaw")),
    ...direct.map((model) =>
      Object.assign(modelObject(modelName(model), model.provider), description(model)),
    ),
  ];
}

/** The models that the caller may name directly. */
async function directModels(
  host: ModelSources,
  { scopes, grant }: Caller,
  directory: AgentDirectory,
): Promise<readonly DirectModel[]> {
  const mayName =
    grant === undefined
      ? hasScope(scopes, "operator.admin")
      : directory.ids.length > 0 && grant.modes.includes("passthrough");
  if (!mayName) {
    return [];
  }
  const models = await host.directModels(agentForModel({ kind: "default" }, directory));
  return grant === undefined
    ? models
    : models.filter((model) => grant.mayNameModel(modelName(model)));
}

function description({ contextWindow, modalities, cost }: DirectModel): Partial<ModelObject> {
  return {
    ...(contextWindow !== undefined && { context_length: contextWindow }),
    ...(modalities !== undefined && { architecture: { input_modalities: modalities } }),
    ...(cost !== undefined && {
      pricing: {
        prompt: perToken(cost.input),
        completion: perToken(cost.output),
        input_cache_read: perToken(cost.cacheRead),
        input_cache_write: perToken(cost.cacheWrite),
      },
    }),
  };
}

/** Without an exponent, which clients' decimal parsers may not know. */
function perToken(usdPerMillionTokens: number): string {
  return (usdPerMillionTokens / 1e6).toFixed(12).replace(/\.?0+$/, "");
}

function modelObject(id: string, ownedBy: string): ModelObject {
  return { id, object: "model", created: 0, owned_by: ownedBy, permission: [] };
}

/**
 * The id after the collection's path, percent-decoded once; undefined for the collection itself. Ids contain slashes, which
 * clients send both encoded and plain.
 */
function requestedId(url: string, collection: string): string | undefined {
  const rest = url.split("?", 1)[0]?.slice(collection.length) ?? "";
  if (rest === "" || rest === "/") {
    return undefined;
  }
  try {
    return decodeURIComponent(rest.slice(1));
  } catch (cause) {
    throw new RelayError("invalid_path", "The model id in the path is not percent-encoded UTF-8.", {
      cause,
    });
  }
}
