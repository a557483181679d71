/**
 * Routes that do nothing but read the request and answer as the provider would, so that their cost is the gateway's. One
 * for each of the two kinds of authentication: the gateway's, and the plugin's own, which is none here. No more than
 * these two, because the gateway takes time for every route that it has to compare a path with.
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

/** The last part of the path is the kind of the answer. */
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
