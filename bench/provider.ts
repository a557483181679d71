/** The provider's process: says its base URL when asked, and serves until its parent is gone. */
import { startProvider } from "../test/support/provider.ts";
import { answerParent } from "./child.ts";

const provider = await startProvider();

// It remembers every request, for tests; here that would only be garbage that grows.
setInterval(() => provider.reset(), 1000);

answerParent(() => Promise.resolve(provider.baseUrl));
