/** The one place that compares modes. */
import type { RelayConfig } from "../config/schema.ts";
import type { HeaderFields } from "../chat/header-fields.ts";
import { RelayError } from "../errors.ts";
import type { Selector } from "../routing/selector.ts";

export type ModeName = RelayConfig["mode"];

const header = "x-openclaw-light-context";

export interface ModeQuestion {
  readonly config: Pick<RelayConfig, "mode" | "agents">;
  readonly selector: Selector;
  /** The agent that serves. */
  readonly agentId: string;
  readonly headers: HeaderFields;
}

/**
 * The mode that serves a request: a model that is named directly is always passed through; else the header decides, then
 * the agent's mode, then the endpoint's. Where the header says that it is not to be light, and nothing else is left, it is the
 * agent's whole turn.
 * @throws RelayError `invalid_header`.
 */
export function selectMode({ config, selector, agentId, headers }: ModeQuestion): ModeName {
  const wantsLight = lightHeader(headers[header]);
  if (selector.kind === "model") {
    return "passthrough";
  }
  if (wantsLight === true) {
    return "light";
  }
  const configured = [config.agents[agentId]?.mode, config.mode, "agent" as const];
  const mayServe = (mode: ModeName | undefined) =>
    mode !== undefined && !(mode === "light" && wantsLight === false);
  return configured.find(mayServe) ?? "agent";
}

function lightHeader(value: string | string[] | undefined): boolean | undefined {
  const text = String(value ?? "")
    .trim()
    .toLowerCase();
  if (text === "") {
    return undefined;
  }
  if (["true", "1", "false", "0"].includes(text)) {
    return text === "true" || text === "1";
  }
  throw new RelayError("invalid_header", `\`${header}\` has to be true, 1, false or 0.`, {
    param: header,
  });
}
