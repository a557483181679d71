/** The route of the page on the gateway. Its handler returns at once and the document goes on: a pending one would hold up the gateway's stop. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { hasScope } from "../access/caller.ts";
import { type Documents, documentHeaders, newNonce, sentence } from "./documents.ts";
import { maxPages, type Pages } from "./pages.ts";

export const pagePath = "/passthrough/ui";

export interface PageRouteOptions {
  readonly documents: Documents;
  readonly pages: Pages;
  /** What the gateway has granted to the caller of the current request. */
  readonly operatorScopes: () => readonly string[];
}

/** What the 21st page says, and the browser's next try. */
const retryAfterS = 30;

export type PageHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export function createPageHandler({ documents, pages, ...options }: PageRouteOptions): PageHandler {
  return async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://gateway");
    if (request.method !== "GET" && request.method !== "HEAD") {
      const headers = { allow: "GET, HEAD" };
      refuse(response, { status: 405, text: "This page can only be read.", headers });
      return;
    }
    if (!hasScope(options.operatorScopes(), "operator.read")) {
      refuse(response, { status: 403, text: "This page needs the scope operator.read." });
      return;
    }
    if (pathname !== pagePath && pathname !== `${pagePath}/`) {
      refuse(response, { status: 404, text: "There is no such page." });
      return;
    }
    const nonce = newNonce();
    const isPage = searchParams.has("theme");
    const start = await (isPage ? documents.page(nonce) : documents.doorway(nonce));
    // Nothing is awaited between this and `open`.
    if (isPage && pages.isFull()) {
      refuse(response, {
        status: 503,
        text: `${maxPages} of these pages are open, which is the limit. Close one. This page tries again every ${retryAfterS} seconds.`,
        headers: { "retry-after": String(retryAfterS) },
      });
      return;
    }
    response.writeHead(200, documentHeaders(nonce));
    if (request.method === "HEAD" || !isPage) {
      response.end(start);
      return;
    }
    response.flushHeaders();
    pages.open({ response, start, nonce });
  };
}

interface Refusal {
  readonly status: number;
  /** Without markup. */
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers with a sentence. A full house is tried again by the browser. */
function refuse(response: ServerResponse, { status, text, headers }: Refusal): void {
  const nonce = newNonce();
  response.writeHead(status, { ...documentHeaders(nonce), ...headers });
  response.end(sentence(nonce, text, status === 503 ? retryAfterS : undefined));
}
