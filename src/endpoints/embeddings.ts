/** `POST /v1/embeddings`, for models that are named directly. */
import { assertOneModel } from "../protocols/openai-chat/model-selectors.ts";
import { openAiEmbeddings } from "../protocols/openai-chat/protocol.ts";
import { parseEmbeddingsBody } from "../protocols/openai-chat/request.ts";
import { RelayError } from "../errors.ts";
import { readBody } from "../http/body.ts";
import type { Endpoint } from "../http/route.ts";
import type { Forward } from "../upstream/forward-request.ts";
import { assertAllowed } from "../modes/select.ts";
import { noteRequest } from "../telemetry/trace.ts";
import { requireScope } from "../access/caller.ts";
import { createCandidate, directTargetOf, type TargetSources } from "../routing/candidates.ts";
import { parseSelector } from "../routing/selector.ts";
import { type MeteredCaller, reserve } from "./enforce-quota.ts";

export function createEmbeddings(host: TargetSources, forward: Forward): Endpoint<MeteredCaller> {
  return async ({ request, caller, client, trace }) => {
    requireScope(caller.scopes, "operator.write", "Embeddings");
    const body = parseEmbeddingsBody(await readBody(request, host.config().maxBodyBytes));
    noteRequest(trace, body);
    const { grant, meter } = caller;
    if (grant?.limitsModels === true) {
      assertOneModel(body.value);
    }
    const selector = parseSelector(body.model, request.headers);
    if (selector.kind === "agent") {
      throw new RelayError(
        "unsupported_target",
        "Embeddings need a model, not an agent: send `provider/model` as `model` or in x-openclaw-model.",
        { param: "model" },
      );
    }
    const target = await directTargetOf(host, caller, selector);
    trace.agentId = target.agentId;
    assertAllowed("passthrough", grant?.modes);
    // Not `host.route`: the host knows few embedding models, and permanently allocates memory for each unknown one.
    const candidates = [
      createCandidate(target, { route: host.embeddingsRoute, isHealthy: host.isHealthy }),
    ];
    if (meter !== undefined) {
      await reserve(meter, { body, candidates });
    }
    const { sink } = client;
    await forward({
      protocol: openAiEmbeddings,
      body,
      clientHeaders: request.headers,
      candidates,
      trace,
      meter,
      sink,
    });
  };
}
