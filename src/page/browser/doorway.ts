/**
 * Goes on to the page with the colours of the Control UI, which tells them to a frame that has loaded. The page itself never
 * finishes loading, because it goes on as long as it is open.
 */
import { isTheme, themeOf, waitForThemeMs } from "./theme.ts";

let isGone = false;
const go = (theme: string) => {
  if (!isGone) {
    isGone = true;
    location.replace(`${location.pathname}?theme=${theme}${location.hash}`);
  }
};
if (parent === window) {
  go("system");
} else {
  addEventListener("message", (message) => {
    const theme = themeOf(message);
    if (isTheme(theme)) {
      go(theme);
    }
  });
  addEventListener("load", () => setTimeout(go, waitForThemeMs, "system"));
}
