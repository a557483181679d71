/** The route table of both surfaces: one row per endpoint. */
import type { Caller } from "../access/caller.ts";
import type { RouteEntry } from "../http/router.ts";
import type { Mode } from "../modes/mode.ts";
import type { ModeName } from "../modes/select.ts";
import type { Ledger } from "../quota/ledger.ts";
import type { Limiter } from "../quota/limiter.ts";
import { openAiChat, openAiEmbeddings } from "../protocols/openai-chat/protocol.ts";
import type { Forward } from "../upstream/forward-request.ts";
import { createChatCompletions } from "./chat-completions.ts";
import { createEmbeddings } from "./embeddings.ts";
import { createKeyUsage } from "./key-usage.ts";
import type { EnforceQuota } from "./enforce-quota.ts";
import { createModels, type ModelSources } from "./models.ts";

export interface EndpointParts {
  readonly sources: ModelSources;
  readonly modes: Readonly<Record<ModeName, Mode>>;
  readonly forward: Forward;
  readonly limiter: Limiter;
  readonly ledger: Ledger;
}

/** What differs between the surfaces. */
export interface Surface {
  /** Such as `/v1`. */
  readonly base: string;
  /** Wraps each endpoint that calls a model. */
  readonly enforceQuota: EnforceQuota;
}

/** The endpoints of both surfaces. */
export function endpointTable(
  { sources, modes, forward }: EndpointParts,
  { base, enforceQuota }: Surface,
): readonly RouteEntry<Caller>[] {
  return [
    {
      name: "chat-completions",
      path: "/chat/completions",
      match: "exact",
      method: "POST",
      protocol: openAiChat,
      endpoint: enforceQuota(createChatCompletions(sources, modes)),
    },
    {
      name: "embeddings",
      path: "/embeddings",
      match: "exact",
      method: "POST",
      protocol: openAiEmbeddings,
      endpoint: enforceQuota(createEmbeddings(sources, forward)),
    },
    {
      name: "models",
      path: "/models",
      match: "prefix",
      method: "GET",
      protocol: openAiChat,
      endpoint: createModels(sources, `${base}/models`),
    },
  ];
}

/** Further endpoints, only for callers with a virtual key. */
export function keyEndpointTable(parts: EndpointParts): readonly RouteEntry<Caller>[] {
  return [
    {
      name: "usage",
      path: "/usage",
      match: "exact",
      method: "GET",
      protocol: openAiChat,
      endpoint: createKeyUsage(parts),
    },
  ];
}
