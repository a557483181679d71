/**
 * Routes that only read the request and answer like the provider, so their cost is the gateway's. One
 * for each kind of authentication: the gateway's, and the plugin's own (none here). Only
 * these two, because the gateway takes time for every route that it compares with a path.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { definePluginEntry } from "openclaw/plugin-sdk/plugin-entry";
import { answer, answerKinds } from "../answers.ts";

export default definePluginEntry({
  id: "bench-empty",
  name: "Empty routes",
  description: "Routes that do nothing, for the benchmark.",
  register(api) {
    api.registerHttpRoute({
      path: "/bench/gateway",
      match: "prefix",
      auth: "gateway",
      gatewayRuntimeScopeSurface: "trusted-operator",
      handler,
    });
    api.registerHttpRoute({ path: "/bench/plugin", match: "prefix", auth: "plugin", handler });
  },
});

/** The last segment of the path is the kind of answer. */
async function handler(request: IncomingMessage, response: ServerResponse): Promise<true> {
  const kind = answerKinds.find((each) => request.url?.endsWith(each)) ?? "json";
  await readToEnd(request);
  await answer({ kind, withUsage: false }, response);
  return true;
}

function readToEnd(request: IncomingMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    request.once("end", resolve);
    request.once("error", reject);
    request.resume();
  });
}
