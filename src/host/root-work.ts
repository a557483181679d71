/**
 * The host keeps contexts of what is under way: work that it counts, and operations on plugins such as a reload. It refuses
 * agent runs in the context of work that has ended, and models in that of an operation that has ended. The data plane's
 * thread may be started in such contexts (a reload of the plugin), and its messages would inherit them.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { isRecord } from "../text/json.ts";
import { hostState } from "./host-state.ts";

/** Starts what lives longer than the work and the operation that start it, in a context without them. */
export function outsideRootWork<R>(run: () => R): R {
  const work = hostState("work")["currentRootWork"];
  const outside = () => outsideOperation(run);
  return work instanceof AsyncLocalStorage ? work.exit(outside) : outside();
}

/** Removes the operation's inventory of plugins from the frame; the rest, such as whose code runs, stays. */
function outsideOperation<R>(run: () => R): R {
  const { getFrame, runFrame } = hostState("plugin");
  const frame: unknown = typeof getFrame === "function" ? getFrame() : undefined;
  if (
    !isRecord(frame) ||
    typeof frame["withScopes"] !== "function" ||
    typeof runFrame !== "function"
  ) {
    return run();
  }
  const scopes = { ...frame, cacheScope: undefined, metadataScope: undefined };
  return runFrame(frame["withScopes"](scopes), run);
}
