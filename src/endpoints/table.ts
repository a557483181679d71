/** The route table: one line for each endpoint. Both surfaces are made from it. */
import type { Caller } from "../access/caller.ts";
import type { RouteEntry } from "../http/router.ts";
import type { Mode } from "../modes/mode.ts";
import type { ModeName } from "../modes/select.ts";
import type { Ledger } from "../quota/ledger.ts";
import type { Limiter } from "../quota/limiter.ts";
import type { Forward } from "../upstream/forward-request.ts";
import { createChatCompletions } from "./chat-completions.ts";
import { createEmbeddings } from "./embeddings.ts";
import { createKeyUsage } from "./key-usage.ts";
import { createMetered } from "./metered.ts";
import { createModels, type ModelSources } from "./models.ts";

export interface EndpointParts {
  readonly sources: ModelSources;
  readonly modes: Readonly<Record<ModeName, Mode>>;
  readonly forwardEmbeddings: Forward;
  readonly limiter: Limiter;
  readonly ledger: Ledger;
}

/** @param base of the surface, such as `/v1`. */
export function endpointTable(parts: EndpointParts, base: string): readonly RouteEntry<Caller>[] {
  const { sources, modes, forwardEmbeddings } = parts;
  // Whatever is not metered uses nothing of a key's limits.
  const metered = createMetered(parts);
  return [
    {
      name: "chat-completions",
      path: "/chat/completions",
      match: "exact",
      method: "POST",
      endpoint: metered(createChatCompletions(sources, modes)),
    },
    {
      name: "embeddings",
      path: "/embeddings",
      match: "exact",
      method: "POST",
      endpoint: metered(createEmbeddings(sources, forwardEmbeddings)),
    },
    {
      name: "models",
      path: "/models",
      match: "prefix",
      method: "GET",
      endpoint: createModels(sources, `${base}/models`),
    },
  ];
}

/** Beside these, for callers with a virtual key. */
export function keyEndpointTable(parts: EndpointParts): readonly RouteEntry<Caller>[] {
  return [
    {
      name: "usage",
      path: "/usage",
      match: "exact",
      method: "GET",
      endpoint: createKeyUsage(parts),
    },
  ];
}
