/** `POST /v1/chat/completions`. */
import { assertOneModel } from "../protocols/openai-chat/model-selectors.ts";
import { openAiChat } from "../protocols/openai-chat/protocol.ts";
import { parseChatBody } from "../protocols/openai-chat/request.ts";
import { readBody } from "../http/body.ts";
import type { Endpoint } from "../http/route.ts";
import type { Mode } from "../modes/mode.ts";
import { type ModeName, selectMode } from "../modes/select.ts";
import { noteRequest } from "../telemetry/trace.ts";
import { requireScope } from "../access/caller.ts";
import { parseSelector } from "../routing/selector.ts";
import { type MeteredCaller, reserve } from "./enforce-quota.ts";
import { candidatesOf, type TargetSources } from "../routing/candidates.ts";

export function createChatCompletions(
  host: TargetSources,
  modes: Readonly<Record<ModeName, Mode>>,
): Endpoint<MeteredCaller> {
  return async ({ request, caller, client, trace }) => {
    requireScope(caller.scopes, "operator.write", "Chat completions");
    const config = host.config();
    const { headers } = request;
    const body = parseChatBody(await readBody(request, config.maxBodyBytes));
    noteRequest(trace, body);
    if (caller.grant?.limitsModels === true) {
      assertOneModel(body.value);
    }
    const selector = parseSelector(body.model, headers);
    const { agentId, candidates } = await candidatesOf(host, caller, selector);
    trace.agentId = agentId;
    const allowed = caller.grant?.modes;
    const mode = selectMode({ config, selector, agentId, headers, allowed });
    trace.mode = mode;
    if (caller.meter !== undefined) {
      await reserve(caller.meter, { body, candidates });
    }
    await modes[mode]({
      protocol: openAiChat,
      body,
      clientHeaders: headers,
      agentId,
      candidates,
      trace,
      grant: caller.grant,
      meter: caller.meter,
      sink: client.sink,
      keepAlive: (intervalMs) => {
        if (body.stream && intervalMs > 0) {
          client.keepAlive(intervalMs);
        }
      },
    });
  };
}
