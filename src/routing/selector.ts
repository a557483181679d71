/** Reads what a request names. Pure; who exists and who may is decided elsewhere. */

import { type HeaderFields, headerText } from "../text/header-fields.ts";
import { RelayError } from "../errors.ts";

/** The agent that a request names: one by its id, or the default one. */
export type AgentSelector =
  | { readonly kind: "default" }
  | { readonly kind: "id"; readonly agentId: string; readonly param: string };

/** What a request names: an agent, whose own models serve it, or one model, called in an agent's name. */
export type Selector = { readonly kind: "agent"; readonly agent: AgentSelector } | ModelSelector;

export interface ModelSelector {
  readonly kind: "model";
  readonly agent: AgentSelector;
  /** As the client wrote it: `provider/model`, an alias, or, in the header only, a bare model id. */
  readonly raw: string;
  readonly param: "model" | "x-openclaw-model";
}

/** In characters. Names are remembered and told again, in errors and headers. */
const maxNameLength = 512;

const agentId = /^[a-z0-9][a-z0-9_-]{0,63}$/i;
const agentTarget = /^(?:openclaw[:/]|agent:)(?<agentId>.+)$/i;

/**
 * Reads the target of a request by core's rules (the host's docs/gateway/openai-http-api.md, "Agent-first model
 * contract"), with two additions: `model` may also name a model, and a header that names an agent goes with it.
 * Precedence for the agent: `x-openclaw-agent-id`, `x-openclaw-agent`, `model`, the default agent.
 * @param model the body's `model`, trimmed and not empty, or undefined.
 * @throws RelayError `model_not_found` for a name that is longer than any there is.
 */
export function parseSelector(model: string | undefined, headers: HeaderFields): Selector {
  const named = parseModel(ofSaneLength(model, "model"));
  const agent = agentFromHeaders(headers) ?? named.agent;
  const headerModel = ofSaneLength(headerText(headers["x-openclaw-model"]), "x-openclaw-model");
  return headerModel === undefined
    ? { ...named, agent }
    : { kind: "model", agent, raw: headerModel, param: "x-openclaw-model" };
}

function agentFromHeaders(headers: HeaderFields): AgentSelector | undefined {
  for (const param of ["x-openclaw-agent-id", "x-openclaw-agent"] as const) {
    const value = ofSaneLength(headerText(headers[param]), param);
    if (value !== undefined) {
      return { kind: "id", agentId: normalizeAgentId(value), param };
    }
  }
  return undefined;
}

function ofSaneLength(name: string | undefined, param: string): string | undefined {
  if (name !== undefined && name.length > maxNameLength) {
    throw new RelayError(
      "model_not_found",
      `\`${param}\` is longer than ${maxNameLength} characters. No model or agent has such a name.`,
      { param },
    );
  }
  return name;
}

function parseModel(model: string | undefined): Selector {
  const lowered = model?.toLowerCase();
  if (model === undefined || lowered === "openclaw" || lowered === "openclaw/default") {
    return { kind: "agent", agent: { kind: "default" } };
  }
  const named = agentTarget.exec(model)?.groups?.["agentId"];
  return named === undefined
    ? { kind: "model", agent: { kind: "default" }, raw: model, param: "model" }
    : {
        kind: "agent",
        agent: { kind: "id", agentId: normalizeAgentId(named), param: "model" },
      };
}

/** The host folds the case of agent ids; what is no agent id at all is kept as written, and found by nobody. */
function normalizeAgentId(value: string): string {
  return agentId.test(value) ? value.toLowerCase() : value;
}
