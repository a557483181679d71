/** Dark or light, as the Control UI around this frame is. Else as the system is. */

export type Theme = "dark" | "light";

/** How long the Control UI may take to tell its colours (openclaw 2026.9.6 does so at once). */
export const waitForThemeMs = 300;

export function isTheme(value: unknown): value is Theme {
  return value === "dark" || value === "light";
}

/** What a message says of the colours; undefined if it is another message, or not from the Control UI. */
export function themeOf({ source, data }: MessageEvent<unknown>): unknown {
  const isTold =
    source === parent &&
    parent !== window &&
    typeof data === "object" &&
    data !== null &&
    "type" in data &&
    data.type === "openclaw:widget-theme" &&
    "mode" in data;
  return isTold ? data.mode : undefined;
}

/** Shows the theme of the page's address, then each that the Control UI tells. @param onChange after a change. */
export function followTheme(onChange: () => void): void {
  const root = document.documentElement;
  const asked = new URLSearchParams(location.search).get("theme");
  root.dataset["theme"] = isTheme(asked) ? asked : "system";
  addEventListener("message", (message) => {
    const theme = themeOf(message);
    if (isTheme(theme) && root.dataset["theme"] !== theme) {
      root.dataset["theme"] = theme;
      onChange();
    }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", onChange);
}
