/**
 * Agent runs at a replacement of the plugin, such as its update or a change of its hooks. The host first holds back the
 * models of new runs until the replacement is done, and then waits up to 60 s for the plugin's calls to end. So a run that
 * has no model yet would wait for the replacement, and the replacement for the run: both would fail after 60 s.
 */
import type { AgentRun } from "../agent/run.ts";
import { RelayError, tryAgainIn } from "../errors.ts";
import { isRecord } from "../text/json.ts";
import { hostState } from "./host-state.ts";

const lookEveryMs = 500;
/** A run that already has its model begins within this time, even if it is the gateway's first. */
const graceMs = 2000;

/**
 * Executes a run, and aborts it if the plugin is being replaced before the run's first model call.
 * @throws RelayError `plugin_reloading`, or what the run throws.
 */
export async function yieldingToReplacement<R>(
  run: AgentRun,
  execute: (run: AgentRun) => Promise<R>,
): Promise<R> {
  const isReplaced = replacementWatch();
  const controller = new AbortController();
  let replacedForMs = 0;
  const timer = setInterval(() => {
    replacedForMs = isReplaced() ? replacedForMs + lookEveryMs : 0;
    if (replacedForMs >= graceMs) {
      controller.abort(reloading());
    }
  }, lookEveryMs);
  const end = () => clearInterval(timer);
  try {
    const result = await execute({
      ...run,
      signal: AbortSignal.any([run.signal, controller.signal]),
      onText(piece) {
        end();
        run.onText(piece);
      },
      onStep(step) {
        end();
        run.onStep(step);
      },
    });
    // The host may return a partial result for an aborted run.
    controller.signal.throwIfAborted();
    return result;
  } finally {
    end();
  }
}

/** @returns whether the host replaces the plugin in whose context this was called; never true on hosts that do not tell. */
function replacementWatch(): () => boolean {
  const { invocation } = hostState("plugin");
  const scope: unknown =
    isRecord(invocation) && typeof invocation["getStore"] === "function"
      ? invocation["getStore"]()
      : undefined;
  const instance = isRecord(scope) ? scope["instance"] : undefined;
  return () => isRecord(instance) && instance["acceptingCalls"] === false;
}

function reloading(): RelayError {
  return new RelayError(
    "plugin_reloading",
    "The gateway is replacing this plugin, for example because of an edit of its hooks. The agent's model was not called. " +
      "Send the request again in a few seconds.",
    tryAgainIn(5000),
  );
}
