/** Open pages over real HTTP, with a clock and a data plane of the test's. */
import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createFeed } from "../../../src/page/feed.ts";
import type { Documents } from "../../../src/page/documents.ts";
import { createPageHandler, pagePath } from "../../../src/page/page-route.ts";
import { createPages, maxPages, type PagesOptions } from "../../../src/page/pages.ts";
import { call, open, until } from "../../support/client.ts";
import { gatewayStatusAfter } from "../../support/page-status.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) {
    close();
  }
});

const documents: Documents = {
  page: async (nonce) => `<!doctype html><title>${nonce}</title>`,
  doorway: async () => "<!doctype html><title>doorway</title>",
};

interface Served {
  readonly scopes?: readonly string[];
  readonly timing?: PagesOptions["timing"];
  /** Bytes of each update's mode. */
  readonly updateBytes?: number;
}

async function serve({ scopes = ["operator.read"], timing, updateBytes = 1 }: Served = {}) {
  const feed = createFeed();
  let readings = 0;
  const read = async () => {
    readings += 1;
    const mode = String(readings).padStart(updateBytes, "x");
    feed.take({ status: { ...gatewayStatusAfter(readings), mode }, after: 0 });
  };
  const logger = { warn: () => undefined };
  const pages = createPages({ feed, read, logger, ...(timing && { timing }) });
  const handler = createPageHandler({ documents, pages, operatorScopes: () => scopes });
  let pendingHandlers = 0;
  const server = createServer((incoming, response) => {
    pendingHandlers += 1;
    void handler(incoming, response).finally(() => {
      pendingHandlers -= 1;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  closers.push(() => {
    pages.close();
    server.closeAllConnections();
    server.close();
  });
  return {
    url,
    pages,
    readings: () => readings,
    pendingHandlers: () => pendingHandlers,
    /** Opens a page, and collects what it is sent. */
    async openPage() {
      const answer = await open(`${url}${pagePath}?theme=dark`);
      const parts: string[] = [];
      answer.stream.on("data", (part: Buffer) => parts.push(part.toString()));
      return { ...answer, text: () => parts.join("") };
    },
  };
}

const updates = (text: string) => text.split("relayPage.update()").length - 1;

test("all open pages share one reading a tick, and without a page nothing is asked", async () => {
  const { openPage, pages, readings, pendingHandlers } = await serve({ timing: { tickMs: 40 } });
  expect(readings()).toBe(0);
  const opened = await Promise.all([openPage(), openPage(), openPage()]);
  await until(() => opened.every(({ text }) => updates(text()) >= 5));
  expect(readings()).toBeLessThan(12);
  // The handlers have returned, so that none of them holds up a stop of the gateway.
  expect([pages.count(), pendingHandlers()]).toEqual([3, 0]);
  for (const { abort } of opened) {
    abort();
  }
  await until(() => pages.count() === 0);
  const before = readings();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(readings()).toBeLessThanOrEqual(before + 1);
});

test("the document forbids everything but its own scripts and style", async () => {
  const { openPage, url } = await serve();
  const { headers, text, abort } = await openPage();
  await until(() => updates(text()) > 0);
  const nonce = /<title>(.*)<\/title>/.exec(text())?.[1] ?? "";
  expect(headers["content-security-policy"]).toBe(
    `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-scripts`,
  );
  expect([headers["cache-control"], headers["x-accel-buffering"]]).toEqual(["no-store", "no"]);
  const other = await open(`${url}${pagePath}?theme=dark`);
  expect(other.headers["content-security-policy"]).not.toContain(nonce);
  abort();
  other.abort();
});

test("other methods, paths and callers are refused", async () => {
  const { url } = await serve();
  const status = async (path: string, method: string) =>
    (await call(url + path, { method })).status;
  expect(await status(pagePath, "POST")).toBe(405);
  expect(await status(`${pagePath}/other`, "GET")).toBe(404);
  expect(await status(pagePath, "HEAD")).toBe(200);
  expect(await status(`${pagePath}?theme=dark`, "HEAD")).toBe(200);
  expect(await status(`${pagePath}/`, "GET")).toBe(200);
  const { url: closed } = await serve({ scopes: [] });
  expect((await call(closed + pagePath)).status).toBe(403);
});

test("a thousand pages are 20 pages, and 980 refusals that say when to try again", async () => {
  const { url, pages, readings } = await serve({ timing: { tickMs: 100 } });
  const answers = await Promise.all(
    Array.from({ length: 1000 }, () => open(`${url}${pagePath}?theme=light`)),
  );
  const refused = answers.filter(({ status }) => status === 503);
  expect([pages.count(), answers.length - refused.length, refused.length]).toEqual([
    maxPages,
    20,
    980,
  ]);
  expect(refused[0]?.headers["retry-after"]).toBe("30");
  expect(readings()).toBeLessThan(50);
  for (const { abort } of answers) {
    abort();
  }
  await until(() => pages.count() === 0);
});

test("a page that does not read is closed, and until then holds at most one update", async () => {
  const { url, pages } = await serve({
    timing: { tickMs: 10, patienceMs: 300 },
    updateBytes: 1024 * 1024,
  });
  const paused = await new Promise<IncomingMessage>((resolve) => {
    request(`${url}${pagePath}?theme=dark`, { agent: false }, (response) => {
      response.pause();
      resolve(response);
    }).end();
  });
  paused.on("error", () => undefined);
  const before = process.memoryUsage().external;
  await until(() => pages.count() === 0);
  expect(process.memoryUsage().external - before).toBeLessThan(64 * 1024 * 1024);
  paused.resume();
  await new Promise((resolve) => paused.once("close", resolve));
  expect(paused.complete).toBe(false);
});

test("a page that reads slowly misses updates, and has the newest in the end", async () => {
  const { url, readings, pages } = await serve({ timing: { tickMs: 5 }, updateBytes: 200_000 });
  const answer = await open(`${url}${pagePath}?theme=dark`);
  const parts: string[] = [];
  answer.stream.on("data", (part: Buffer) => {
    parts.push(part.toString());
    answer.stream.pause();
    setTimeout(() => answer.stream.resume(), 3);
  });
  await until(() => readings() > 150);
  expect(pages.count()).toBe(1);
  expect(updates(parts.join(""))).toBeLessThan(readings() - 20);
  answer.abort();
});

test("a page's life ends with the word to load itself again", async () => {
  const { openPage, pages } = await serve({ timing: { tickMs: 20, lifeMs: 200 } });
  const { text, stream } = await openPage();
  await once(stream, "end");
  expect(text()).toMatch(/relayPage\.end\("again"\)<\/script><\/body><\/html>$/);
  expect([stream.complete, pages.count()]).toEqual([true, 0]);
});

test("a stop ends all pages, and tells them", async () => {
  const { openPage, pages } = await serve();
  const opened = await Promise.all([openPage(), openPage()]);
  await until(() => opened.every(({ text }) => updates(text()) > 0));
  pages.close();
  for (const { text, stream } of opened) {
    await once(stream, "end");
    expect(text()).toMatch(/relayPage\.end\("stopped"\)<\/script><\/body><\/html>$/);
  }
});
