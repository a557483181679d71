/** The one place that compares modes. */
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
 * The mode that serves a request: a model that is named directly is always passed through; else the header decides, then
 * the agent's mode, then the endpoint's. Where the header says that it is not to be light, and nothing else is left, it is the
 * agent's whole turn. A key that does not allow the endpoint's mode has its own first mode in its place; what was said for this
 * request or this agent is not replaced, but refused.
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
  const others = [config.mode, "agent" as const].filter(mayServe);
  const ofKey = allowed?.filter(mayServe) ?? others;
  return others.find((mode) => ofKey.includes(mode)) ?? ofKey[0] ?? assertAllowed("agent", allowed);
}

/**
 * The kind of agent run by which a mode serves all of an agent's requests: with its own prompt, or trimmed to its light one;
 * undefined where it is a direct call of the agent's model.
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
    `This would be served in ${mode} mode, and this key allows ${allowed.join(" and ")} only.`,
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
  throw new RelayError("invalid_header", `\`${header}\` has to be true, 1, false or 0.`, {
    param: header,
  });
}
