/** The vendors' own endpoints that are compatible with OpenAI's chat completions, for the setting `wire: "chat"`. */
import type { Route } from "../routing/route.ts";

/** By the model's API in the host: the base URL of chat completions, from the provider's own. Others use the same one. */
const chatPaths: ReadonlyMap<string, (path: string) => string> = new Map([
  ["anthropic-messages", withVersion],
  ["google-generative-ai", (path) => (path.endsWith("/openai") ? path : `${path}/openai`)],
  ["ollama", withVersion],
]);

function withVersion(path: string): string {
  return /\/v\d+$/.test(path) ? path : `${path}/v1`;
}

const known = new WeakMap<Route, Route>();

/** The route to the same model by chat completions. The same object for the same route, because caches are keyed by it. */
export function chatRoute(route: Route): Route {
  let chat = known.get(route);
  if (chat === undefined) {
    const url = new URL(route.baseUrl);
    const path = url.pathname.replace(/\/+$/, "");
    url.pathname = chatPaths.get(route.api)?.(path) ?? path;
    chat = { ...route, baseUrl: url.href };
    known.set(route, chat);
  }
  return chat;
}
