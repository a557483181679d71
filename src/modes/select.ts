/** Selects a request's mode. The only place that compares modes. */
import type { RelayConfig } from "../config/schema.ts";
import type { HeaderFields } from "../text/header-fields.ts";
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
  /** The modes that the caller's key allows; undefined for all. */
  readonly allowed: readonly ModeName[] | undefined;
}

/**
 * Returns the mode that serves a request. The first rule that applies decides:
 *
 * 1. A directly named model: `passthrough`.
 * 2. The header `x-openclaw-light-context: true`: `light`. With `false`, the rules below skip `light`.
 * 3. The agent's configured mode.
 * 4. The general configured mode. Where the header or the key excludes it: the key's first mode, or `agent` for an operator.
 *
 * A key that does not allow the mode of rules 1 to 3 is refused: only the general mode is replaced.
 * @throws RelayError `invalid_header` or `mode_not_allowed`.
 */
export function selectMode(question: ModeQuestion): ModeName {
  const { config, selector, agentId, headers, allowed } = question;
  const wantsLight = lightHeader(headers[header]);
  if (selector.kind === "model") {
    return assertAllowed("passthrough", allowed);
  }
  if (wantsLight === true) {
    return assertAllowed("light", allowed);
  }
  const mayServe = (mode: ModeName | undefined) =>
    mode !== undefined && !(mode === "light" && wantsLight === false);
  const ofAgent = config.agents[agentId]?.mode;
  if (ofAgent !== undefined && mayServe(ofAgent)) {
    return assertAllowed(ofAgent, allowed);
  }
  if (mayServe(config.mode) && allowed?.includes(config.mode) !== false) {
    return config.mode;
  }
  return allowed?.find(mayServe) ?? assertAllowed("agent", allowed);
}

/**
 * Returns the kind of agent run that a mode uses for every request to an agent: `whole` with the agent's own prompt,
 * `trimmed` with its light prompt. Undefined if the mode calls the agent's model directly.
 */
export function runKind(served: {
  readonly config: Pick<RelayConfig, "agents">;
  readonly agentId: string;
  readonly mode: ModeName;
}): "whole" | "trimmed" | undefined {
  const { config, agentId, mode } = served;
  const tools = config.agents[agentId]?.light?.tools ?? [];
  return mode === "agent" ? "whole" : mode === "light" && tools.length > 0 ? "trimmed" : undefined;
}

/** @throws RelayError `mode_not_allowed`. */
export function assertAllowed(mode: ModeName, allowed: readonly ModeName[] | undefined): ModeName {
  if (allowed === undefined || allowed.includes(mode)) {
    return mode;
  }
  throw new RelayError(
    "mode_not_allowed",
    `This request selects ${mode} mode, but this key allows only ${allowed.join(" and ")}.`,
  );
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
  throw new RelayError("invalid_header", `\`${header}\` must be true, 1, false or 0.`, {
    param: header,
  });
}
