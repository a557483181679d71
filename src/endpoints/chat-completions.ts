/** `POST /v1/chat/completions`. */
import { parseChatBody } from "../chat/request.ts";
import type { Host } from "../host/host.ts";
import { readBody } from "../http/body.ts";
import type { Endpoint } from "../http/route.ts";
import type { RelayCall } from "../modes/mode.ts";
import { selectMode } from "../modes/select.ts";
import { requireScope } from "../routing/access.ts";
import { parseSelector } from "../routing/selector.ts";
import { targetsOf } from "./targets.ts";

export function createChatCompletions(host: Host, call: RelayCall): Endpoint {
  return async ({ request, client, trace }) => {
    const caller = host.caller();
    requireScope(caller.scopes, "operator.write", "Chat completions");
    const config = host.config();
    const body = parseChatBody(await readBody(request, config.maxBodyBytes));
    const targets = await targetsOf(host, caller, parseSelector(body.model, request.headers));
    if (body.stream && config.sse.keepAliveMs > 0) {
      client.keepAlive(config.sse.keepAliveMs);
    }
    const mode = selectMode(config);
    await mode({ body, clientHeaders: request.headers, targets, trace, sink: client.sink }, call);
  };
}
