/**
 * Routes that do nothing but read the request and answer what they were told to, so that their cost is the gateway's.
 * Plain JavaScript, because the host loads it as it is.
 */
import { definePluginEntry } from "openclaw/plugin-sdk/plugin-entry";

export default definePluginEntry({
  id: "bench-empty",
  name: "Empty route",
  description: "A gateway route that does nothing, for the benchmark.",
  register(api) {
    const { jsonAnswer, streamEvents } = api.pluginConfig ?? {};
    const route = {
      auth: "gateway",
      gatewayRuntimeScopeSurface: "trusted-operator",
      match: "exact",
    };
    api.registerHttpRoute({
      ...route,
      path: "/bench/empty",
      async handler(request, response) {
        await readToEnd(request);
        response.writeHead(200, {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(jsonAnswer),
        });
        response.end(jsonAnswer);
      },
    });
    api.registerHttpRoute({
      ...route,
      path: "/bench/empty-stream",
      async handler(request, response) {
        await readToEnd(request);
        response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
        for (const event of streamEvents) {
          response.write(event);
        }
        response.end();
      },
    });
  },
});

function readToEnd(request) {
  return new Promise((resolve, reject) => {
    request.once("end", resolve);
    request.once("error", reject);
    request.resume();
  });
}
