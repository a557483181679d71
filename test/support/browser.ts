/** Chromium without a window, and the Control UI of a gateway in it. */
import puppeteer, { type Browser, type Frame, type Page } from "puppeteer-core";
import { until } from "./client.ts";
import { type Gateway, gatewayToken } from "./gateway.ts";
import { find } from "./proxies.ts";

/** @returns undefined if this machine has no Chromium. */
export async function startBrowser(): Promise<Browser | undefined> {
  const executablePath = (await find("chromium")) ?? (await find("google-chrome"));
  return executablePath === undefined
    ? undefined
    : puppeteer.launch({
        executablePath,
        headless: true,
        // Root has no sandbox of Chromium, and a container's /dev/shm is small.
        args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--lang=en-US"],
      });
}

/** Signs in to the Control UI, and opens the tab with this label. @returns the frame with the plugin's page. */
export async function openTab(page: Page, gateway: Gateway, label: string): Promise<Frame> {
  await page.goto(`${gateway.url}/#token=${gatewayToken}`);
  const link = await page.waitForSelector(`a ::-p-text(${label})`, { timeout: 120_000 });
  await link?.evaluate((element) => (element as { click(): void }).click());
  return frameOf(page);
}

/** The frame with the plugin's page, once it shows the status. A page that loads itself again is another frame. */
async function frameOf(page: Page): Promise<Frame> {
  let found: Frame | undefined;
  await until(async () => {
    found = page.frames().find((frame) => frame.url().includes("/passthrough/ui?theme="));
    const figure = await found?.$("#figures .figure").catch(() => null);
    return figure !== null && figure !== undefined;
  }, 60_000);
  if (found === undefined) {
    throw new Error("no frame");
  }
  return found;
}
