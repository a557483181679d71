/** The page "Relay" in the Control UI of a real gateway, in a real browser. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import axe from "axe-core";
import type { Browser, Frame, Page } from "puppeteer-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { GatewayStatus } from "../../src/plane/gateway-status.ts";
import { createDocuments } from "../../src/page/documents.ts";
import { createFeed } from "../../src/page/feed.ts";
import { createPageHandler, pagePath } from "../../src/page/page-route.ts";
import { createPages, maxPages } from "../../src/page/pages.ts";
import { openTab, startBrowser } from "../support/browser.ts";
import { call, open, until } from "../support/client.ts";
import { gatewayToken } from "../support/gateway.ts";
import { runHost } from "../support/install.ts";
import {
  gatewayStatusAfter,
  requestView,
  seriesUpTo,
  unusedProvider,
  unusedStats,
} from "../support/page-status.ts";
import { json } from "../support/provider.ts";
import { messages, useGateway } from "./fixture.ts";

const markup = "<img src=x onerror=alert(1)></script><script>alert(2)</script>";
const escapeCodes = "\u001B[31mred\u202E<b>";
// oxlint-disable-next-line no-control-regex
const invisible = /[\u0000-\u0009\u000B-\u001F\u202E]/;
/** How many elements there are that only markup in a name could have made. */
const injected = "document.querySelectorAll('img, body script, main b:not(.legend b)').length";
const fixture = useGateway({
  config: () => ({
    gateway: { controlUi: { enabled: true } },
    plugins: { entries: { passthrough: { config: { upstream: { retries: 0 } } } } },
  }),
});

const ui = () => `${fixture.gateway.url}${pagePath}`;
const bearer = { authorization: `Bearer ${gatewayToken}` };
const status = async (): Promise<GatewayStatus> =>
  JSON.parse(
    await runHost(fixture.gateway.folder, ["gateway", "call", "passthrough.status", "--json"]),
  );
/** The value of an expression in the page. */
const read = <T>(frame: Frame | Page, expression: string) =>
  frame.evaluate(expression) as Promise<T>;
const texts = (frame: Frame | Page, selector: string) =>
  read<string[]>(
    frame,
    `[...document.querySelectorAll(${JSON.stringify(selector)})].map((e) => e.textContent)`,
  );

describe("asked directly", () => {
  test("without the gateway's word nobody gets in, and with it only to read", async () => {
    expect((await call(ui())).status).toBe(401);
    expect((await call(ui(), { method: "POST", headers: bearer })).status).toBe(405);
    const answer = await call(ui(), { headers: bearer });
    expect([answer.status, answer.headers["content-security-policy"]]).toEqual([
      200,
      expect.stringMatching(/^default-src 'none';.*frame-ancestors 'self'; sandbox allow-scripts$/),
    ]);
  });

  test("the 21st page is refused, and a place is free when one has left", async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => open(`${ui()}?theme=dark`, { headers: bearer })),
    );
    const opened = answers.filter((answer) => answer.status === 200);
    const refused = answers.filter((answer) => answer.status === 503);
    expect([opened.length <= maxPages, opened.length + refused.length]).toEqual([true, 30]);
    expect(refused[0]?.headers["retry-after"]).toBe("30");
    for (const { abort } of answers) {
      abort();
    }
    await until(async () => {
      const next = await open(`${ui()}?theme=dark`, { headers: bearer });
      next.abort();
      return next.status === 200;
    });
  });
});

describe("in the Control UI", () => {
  let browser: Browser | undefined;
  let isReported = false;
  let page: Page;
  let frame: Frame;
  /** What the browser has complained of, and where it has asked beyond the gateway. */
  const complaints: string[] = [];
  const strangers: string[] = [];

  const newPage = () => {
    if (browser === undefined) {
      throw new Error("no browser");
    }
    return browser.newPage();
  };

  beforeAll(async () => {
    browser = await startBrowser();
    if (browser === undefined) {
      return;
    }
    page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 900 });
    page.on("console", (message) => {
      if (/content security policy|refused to/i.test(message.text())) {
        complaints.push(message.text());
      }
    });
    page.on("dialog", (dialog) => {
      complaints.push(`dialog ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol.startsWith("http") && url.origin !== fixture.gateway.url) {
        strangers.push(request.url());
      }
    });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
    await fixture.call("/v1/chat/completions", { messages, stream: true });
    frame = await openTab(page, fixture.gateway, "Relay");
  });
  afterAll(() => browser?.close());
  beforeEach(({ task, skip }) => {
    if (browser === undefined) {
      const leftOut = "the page in a browser: not installed: chromium";
      if (!isReported) {
        task.meta.leftOut = leftOut;
        isReported = true;
      }
      skip(leftOut);
    }
  });

  test("requests appear within moments, and the numbers are those of the status", async () => {
    fixture.provider.behave("m1", json({ error: { message: "overloaded" } }, 503));
    await fixture.call("/v1/chat/completions", { messages });
    await fixture.call("/v1/chat/completions", { messages, model: "no-such/model" });
    const { totals, providers } = await status();
    expect(totals?.requests).toBe(3);
    const figures = async () => (await texts(frame, "#figures .figure")).join("\n");
    await until(async () => (await figures()).includes("Requests since the start3"));
    expect(await figures()).toContain("failed 1: client 1, provider 0, relay 0");
    expect(await texts(frame, "#requests .pressable td:nth-child(2)")).toEqual([
      "404 model_not_found",
      "200",
      "200",
    ]);
    const attempts = await texts(frame, "#providers tbody tr td:nth-child(3)");
    expect(attempts).toEqual(providers?.map((provider) => String(provider.attempts)));
    expect(await read(frame, "document.querySelectorAll('#charts canvas').length")).toBe(4);
  });

  test("a model's name of markup and escape codes is text", async () => {
    await fixture.call("/v1/chat/completions", { messages, model: markup + escapeCodes });
    const all = async () => (await texts(frame, "#requests")).join("");
    await until(async () => (await all()).includes("onerror=alert(1)"));
    expect(await all()).toContain("<b>");
    expect(await all()).not.toMatch(invisible);
    expect(await read(frame, injected)).toBe(0);
  });

  test("so is whatever else could be in a status", async () => {
    const name = markup + escapeCodes;
    const served = await serveFast({
      mode: name,
      keys: [{ ...unusedStats, key: name, limits: [], refusals: { [name]: 1 } }],
      providers: [{ ...unusedProvider, provider: name }],
      problems: [{ severity: "error", path: name, message: name, fix: name }],
    });
    const own = await newPage();
    own.on("dialog", (dialog) => complaints.push(dialog.message()));
    void own.goto(`${served.url}?theme=dark`).catch(() => undefined);
    await own.waitForSelector("#keys tbody th");
    const [text = ""] = await texts(own, "body");
    expect(text.split("onerror=alert(1)").length).toBeGreaterThan(7);
    expect(text).not.toMatch(invisible);
    expect(await read(own, injected)).toBe(0);
    await own.close();
    served.close();
  });

  test("the keyboard opens and closes a request's attempts", async () => {
    await read(frame, "document.querySelector('#failed').focus()");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    const focused = () =>
      read<string>(frame, "document.activeElement.className + document.activeElement.ariaExpanded");
    expect(await focused()).toBe("opensfalse");
    const rows = await texts(frame, "#requests .pressable");
    const tried = rows.findIndex((row) => row.includes("local/m1"));
    for (let at = 0; at < tried; at += 1) {
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
    expect(await focused()).toBe("openstrue");
    expect((await texts(frame, ".waterfall li")).join()).toMatch(/local\/m1.*ok.*took/);
    await page.keyboard.press("Space");
    expect([await focused(), await texts(frame, ".waterfall li")]).toEqual(["opensfalse", []]);
    await page.keyboard.press("Space");
  });

  test("it follows the colours of the Control UI, and of the system", async () => {
    const ground = () => read<string>(frame, "getComputedStyle(document.body).backgroundColor");
    expect(await read(frame, "document.documentElement.dataset.theme")).toBe("dark");
    const dark = await ground();
    await page.evaluate("document.documentElement.dataset.themeMode = 'light'");
    await until(async () => (await ground()) !== dark);
    expect(await read(frame, "document.documentElement.dataset.theme")).toBe("light");
  });

  test.each([1280, 390])(
    "nothing is wider than %i pixels, and axe finds nothing",
    async (width) => {
      await page.setViewport({ width, height: 900 });
      for (const mode of ["light", "dark"]) {
        await page.evaluate(`document.documentElement.dataset.themeMode = "${mode}"`);
        await until(
          async () => (await read(frame, "document.documentElement.dataset.theme")) === mode,
        );
        const overflow =
          "document.documentElement.scrollWidth - document.documentElement.clientWidth";
        expect(await read(frame, overflow)).toBeLessThanOrEqual(0);
        await frame.evaluate(axe.source);
        const found = await read<{ id: string; help: string; nodes: { html: string }[] }[]>(
          frame,
          "axe.run(document, {resultTypes: ['violations']}).then(({violations}) => violations)",
        );
        expect(
          found.map(({ id, help, nodes }) => [id, help, nodes.slice(0, 3).map(({ html }) => html)]),
        ).toEqual([]);
      }
      await page.setViewport({ width: 1280, height: 900 });
    },
  );

  test("the browser reported no violation of the policy, and asked nobody but the gateway", () => {
    expect([complaints, strangers]).toEqual([[], []]);
  });

  test("an hour of updates and 15 loads leave the page's memory flat", async () => {
    const served = await serveFast();
    const own = await newPage();
    void own.goto(`${served.url}?theme=dark`).catch(() => undefined);
    const samples: { nodes: number; heapBytes: number }[] = [];
    while (served.updates() < 3600 || served.loads() <= 15) {
      const loads = served.loads();
      await until(() => served.loads() > loads, 60_000);
      // Late in the life of each load, when it has most.
      const updates = served.updates();
      await until(() => served.updates() > updates + 120, 60_000);
      const session = await own.createCDPSession();
      await session.send("HeapProfiler.collectGarbage");
      await session.detach();
      const { Nodes = 0, JSHeapUsedSize = 0 } = await own.metrics();
      samples.push({ nodes: Nodes, heapBytes: JSHeapUsedSize });
    }
    await own.close();
    served.close();
    console.log(`the page's memory at each load: ${JSON.stringify(samples)}`);
    // The first loads fill the lists.
    const most = (some: typeof samples, of: "nodes" | "heapBytes") =>
      Math.max(...some.map((one) => one[of]));
    const [early, late] = [samples.slice(2, 7), samples.slice(-5)];
    expect(most(late, "nodes")).toBeLessThan(most(early, "nodes") * 1.5);
    expect(most(late, "heapBytes")).toBeLessThan(most(early, "heapBytes") + 4 * 1024 * 1024);
  });

  test("a stop of the gateway tells the page, and takes less than three seconds", async () => {
    const own = await newPage();
    await own.setExtraHTTPHeaders(bearer);
    void own.goto(`${ui()}?theme=dark`).catch(() => undefined);
    await own.waitForSelector("#figures .figure");
    const startedAtMs = performance.now();
    const stopped = fixture.gateway.terminate();
    await until(async () => (await texts(own, "#news")).join("").includes("The gateway stops"));
    expect(await stopped).toBe(0);
    expect(performance.now() - startedAtMs).toBeLessThan(3000);
  });
});

/** The route and the built documents without a gateway, with an update every few milliseconds. */
async function serveFast(more: Partial<GatewayStatus> = {}) {
  const feed = createFeed();
  let updates = 0;
  let loads = 0;
  const readNext = async () => {
    updates += 1;
    const rows = [requestView(`r${updates}`), requestView(`s${updates}`)];
    feed.take({
      status: { ...gatewayStatusAfter(updates), ...more },
      after: feed.position(),
      requests: { requests: rows, position: feed.position() + 2 },
      hour: seriesUpTo(1_790_000_000 + updates * 5, Math.min(720, updates + 2)),
    });
  };
  const logger = { warn: () => undefined };
  const pages = createPages({ feed, read: readNext, logger, timing: { tickMs: 8, lifeMs: 1920 } });
  const documents = createDocuments(new URL("../../dist/", import.meta.url));
  const operatorScopes = () => ["operator.read"];
  const handler = createPageHandler({ documents, pages, operatorScopes });
  const server = createServer((request, response) => {
    loads += request.url?.includes("theme") === true ? 1 : 0;
    void handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${pagePath}`,
    updates: () => updates,
    loads: () => loads,
    close() {
      pages.close();
      server.closeAllConnections();
      server.close();
    },
  };
}
