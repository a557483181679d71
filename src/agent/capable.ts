/** Refuses a run whose limits the gateway's OpenClaw version cannot enforce, before anything runs. */
import { RelayError } from "../errors.ts";
import type { RunCapabilities } from "./ports.ts";
import type { AgentRun, TrimmedPrompt } from "./run.ts";

interface Needs {
  /** As `AgentRun.trimmed`, but without the client's instructions. */
  readonly prompt: TrimmedPrompt | undefined;
  readonly hostTools: AgentRun["hostTools"];
}

/** @throws RelayError `host_too_old`, which names the missing capability. */
export function assertCapable(capabilities: RunCapabilities, { prompt, hostTools }: Needs): void {
  if (prompt !== undefined && !capabilities.trimmedRuns) {
    throw new RelayError(
      "host_too_old",
      "This gateway's OpenClaw cannot limit an agent run to a light turn's prompt and tools (capability trimmedRuns), so nothing was run. " +
        "The gateway's operator can update OpenClaw, or remove `light.tools` and `session.ephemeral: false` from the agent.",
    );
  }
  if (hostTools !== undefined && !capabilities.toolLimits) {
    throw new RelayError(
      "host_too_old",
      "This gateway's OpenClaw cannot limit an agent run to the tools of a virtual key (capability toolLimits), so nothing was run. " +
        "The gateway's operator can update OpenClaw, or allow the key all of the agent's tools (`tools: \"agent\"`).",
    );
  }
}
