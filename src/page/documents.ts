/** The page's documents. The build writes them beside the bundle (scripts/page.ts); they are read when someone opens the page. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";

export interface Documents {
  /** The page, up to where its updates begin. */
  page(nonce: string): Promise<string>;
  /** Finds out which colours the Control UI shows, and goes on to the page. */
  doorway(nonce: string): Promise<string>;
}

/** Where the nonce goes in a document. */
const noncePlace = "{{nonce}}";

/** @param folder where the documents are. */
export function createDocuments(folder: URL): Documents {
  const read = (name: string) => {
    let parts: Promise<readonly string[]> | undefined;
    return async (nonce: string) => {
      parts ??= readFile(new URL(name, folder), "utf8").then((text) => text.split(noncePlace));
      return (await parts).join(nonce);
    };
  };
  return { page: read("page.html"), doorway: read("doorway.html") };
}

export function newNonce(): string {
  return randomBytes(18).toString("base64");
}

/** The headers of every document. The document may run its own scripts and styles, and reach nothing. */
export function documentHeaders(nonce: string): Readonly<Record<string, string>> {
  return {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": [
      "default-src 'none'",
      `script-src 'nonce-${nonce}'`,
      `style-src 'nonce-${nonce}'`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'self'",
      "sandbox allow-scripts",
    ].join("; "),
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    // nginx would collect the updates.
    "x-accel-buffering": "no",
  };
}

/** A document of one sentence. @param reloadInS the browser then asks again. */
export function sentence(nonce: string, text: string, reloadInS?: number): string {
  const refresh =
    reloadInS === undefined ? "" : `<meta http-equiv="refresh" content="${reloadInS}">`;
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
    `<meta name="color-scheme" content="light dark">${refresh}<title>Relay</title>` +
    `<style nonce="${nonce}">body{font:16px/1.5 system-ui,sans-serif;margin:2rem}</style></head>` +
    `<body><main><h1>Relay</h1><p>${text}</p></main></body></html>`
  );
}
