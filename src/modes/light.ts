/** Light: the agent's personality in front of the client's messages, and otherwise the relay's own path. */
import type { Host } from "../host/host.ts";
import { systemPrompt } from "../prompts/system-prompt.ts";
import type { WorkspaceFiles } from "../prompts/workspace-files.ts";
import { contiguousToolCalls } from "./contiguous-sink.ts";
import type { Mode, RelayCall } from "./mode.ts";

/** What voice platforms put into a body for their own purposes. A provider may refuse what it does not know. */
const platformMembers: ReadonlySet<string> = new Set([
  "call",
  "customer",
  "phoneNumber",
  "elevenlabs_extra_body",
]);

export interface LightOptions {
  readonly host: Pick<Host, "config" | "workspace">;
  readonly files: WorkspaceFiles;
  readonly call: RelayCall;
}

export function createLight({ host, files, call }: LightOptions): Mode {
  return async (request) => {
    const config = host.config();
    const agent = { id: request.agentId, workspace: host.workspace(request.agentId) };
    const prompt = await systemPrompt(files, config, agent);
    request.keepAlive(config.light.keepAliveMs);
    await call({
      ...request,
      body: request.body.withPrompt(prompt, platformMembers),
      sink: contiguousToolCalls(request.sink),
    });
  };
}
