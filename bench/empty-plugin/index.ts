/**
 * Routes that do nothing but read the request and answer as the provider would, so that their cost is the gateway's. One
 * of each for the two kinds of authentication: the gateway's, and the plugin's own, which is none here.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { definePluginEntry } from "openclaw/plugin-sdk/plugin-entry";
import { answer, type AnswerKind, answerKinds } from "../answers.ts";

export default definePluginEntry({
  id: "bench-empty",
  name: "Empty routes",
  description: "Routes that do nothing, for the benchmark.",
  register(api) {
    for (const kind of answerKinds) {
      const handler = emptyHandler(kind);
      api.registerHttpRoute({
        path: `/bench/gateway/${kind}`,
        match: "exact",
        auth: "gateway",
        gatewayRuntimeScopeSurface: "trusted-operator",
        handler,
      });
      api.registerHttpRoute({
        path: `/bench/plugin/${kind}`,
        match: "exact",
        auth: "plugin",
        handler,
      });
    }
  },
});

function emptyHandler(kind: AnswerKind) {
  return async (request: IncomingMessage, response: ServerResponse) => {
    await readToEnd(request);
    await answer({ kind, withUsage: false }, response);
    return true;
  };
}

function readToEnd(request: IncomingMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    request.once("end", resolve);
    request.once("error", reject);
    request.resume();
  });
}
