/** Finds the endpoint of a path, which has to be written just so: no dots, no second slash, no percent signs. */
import type { RouteHandler } from "./route.ts";

export interface Surface {
  readonly chatCompletions: RouteHandler;
  readonly embeddings: RouteHandler;
  readonly models: RouteHandler;
  readonly usage: RouteHandler;
  readonly unknown: RouteHandler;
}

export function createSwitch(base: string, surface: Surface): RouteHandler {
  return (request, response) => {
    const path = request.url?.split("?", 1)[0] ?? "";
    if (path === `${base}/chat/completions`) {
      return surface.chatCompletions(request, response);
    }
    if (path === `${base}/embeddings`) {
      return surface.embeddings(request, response);
    }
    if (path === `${base}/usage`) {
      return surface.usage(request, response);
    }
    // The id of a model may have slashes of its own.
    return path === `${base}/models` || path.startsWith(`${base}/models/`)
      ? surface.models(request, response)
      : surface.unknown(request, response);
  };
}
