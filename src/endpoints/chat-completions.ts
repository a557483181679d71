/** `POST /v1/chat/completions`. */
import { assertOneModel } from "../chat/model-selectors.ts";
import { parseChatBody } from "../chat/request.ts";
import type { Host } from "../host/host.ts";
import { readBody } from "../http/body.ts";
import type { Endpoint } from "../http/route.ts";
import type { Caller } from "../keys/caller.ts";
import type { Mode } from "../modes/mode.ts";
import { type ModeName, selectMode } from "../modes/select.ts";
import { requireScope } from "../routing/access.ts";
import { parseSelector } from "../routing/selector.ts";
import { reserve } from "./reserve.ts";
import { targetsOf } from "./targets.ts";

export function createChatCompletions(
  host: Host,
  modes: Readonly<Record<ModeName, Mode>>,
): Endpoint<Caller> {
  return async ({ request, caller, client, trace }) => {
    requireScope(caller.scopes, "operator.write", "Chat completions");
    const config = host.config();
    const { headers } = request;
    const body = parseChatBody(await readBody(request, config.maxBodyBytes));
    if (caller.grant?.limitsModels === true) {
      assertOneModel(body.value);
    }
    const selector = parseSelector(body.model, headers);
    const { agentId, targets } = await targetsOf(host, caller, selector);
    trace.agentId = agentId;
    const allowed = caller.grant?.modes;
    trace.mode = selectMode({ config, selector, agentId, headers, allowed });
    await reserve(host, caller, { body, targets });
    await modes[trace.mode]({
      body,
      clientHeaders: headers,
      agentId,
      targets,
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
